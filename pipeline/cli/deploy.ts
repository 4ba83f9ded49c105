import { InputError } from '../errors.ts'
import { describeDeploy } from './describe.ts'
import { describePlan } from './describe-plan.ts'
import { contextOf, interruption, text, type Verb } from './verb.ts'

/** The verb `deploy`: a release, and its way to everybody. */
export const deployVerb = {
  what: 'release a registered model to an environment and roll it out',
  more: [
    'To staging: the model registered for the tree that is checked out. To another environment: what staging has run for that commit, behind a canary.',
    'While somebody else rolls out to it, here or elsewhere, this waits. Killed at any instant and run again, it carries on; --resume carries on what another left.',
    'Promoted, unchanged, superseded or nothing to carry on exits with 0, rolled back or held with 1.',
  ],
  options: {
    environment: { type: 'string', value: 'name', what: 'a folder of environments/ (default: staging)' },
    commit: { type: 'string', value: 'revision', what: 'the commit, tag or branch to release (default: HEAD)' },
    resume: { type: 'boolean', what: 'carry on what is open there and whose process is gone, whatever it is' },
    plan: {
      type: 'boolean',
      what: 'only say what would happen: steps, the traffic and time they need, what would be found',
    },
  },
  run: async (call) => {
    const { deploy } = await import('../steps/deploy.ts')
    const { resume } = await import('../steps/resume.ts')
    const inputs = {
      environment: text(call, 'environment', 'staging'),
      commit: text(call, 'commit', 'HEAD'),
      signal: interruption(),
    }
    if (call.options['resume'] && call.options['commit'])
      throw new InputError('deploy: --resume carries on what is open, whatever its commit; leave out --commit')
    if (call.options['plan']) {
      const { planDeploy } = await import('../steps/plan-deploy.ts')
      const planned = await planDeploy(await contextOf(call), inputs)
      return { code: 0, json: planned, text: describePlan(planned) }
    }
    const context = await contextOf(call)
    const result = call.options['resume'] ? await resume(context, inputs) : await deploy(context, inputs)
    const done = 'nothing' in result || (result.outcome !== 'rolled back' && result.outcome !== 'held')
    return { code: done ? 0 : 1, json: result, text: await describeDeploy(result, call.root, call.terminal.paint) }
  },
} as const satisfies Verb
