import { InputError } from '../errors.ts'
import { auditVerb } from './audit.ts'
import {
  describeData,
  describeDeploy,
  describeGate,
  describeImage,
  describeRegistered,
  describeReplay,
  describeRollback,
  describeStatus,
  describeTraining,
  describeVerifiedReleases,
} from './describe.ts'
import { describePlan } from './describe-plan.ts'
import { historyVerb } from './history.ts'
import { type Call, contextOf, type Verb } from './verb.ts'

// Steps are imported when their verb is called: `--help` and a wrong option need not wait for TensorFlow.js.

const text = (call: Call, option: string, standard: string): string => {
  const value = call.options[option]
  return typeof value === 'string' ? value : standard
}

/** Who says so: `--by`, else git's own name for them. What they say is written to the ledger, so git must have one in any case. */
async function nameOfCaller(call: Call): Promise<string> {
  const { git, requireIdentity } = await import('../release/git.ts')
  await requireIdentity(call.root)
  // `Ada Example <ada@example.org> 1767225600 +0000`, from settings or variables.
  return text(call, 'by', '') || (await git(call.root, ['var', 'GIT_AUTHOR_IDENT'])).replace(/ <[^<]*$/, '')
}

/** Every verb of the command line, in the order in which a model meets them. */
export const verbs = {
  'validate-data': {
    what: 'check the raw data against their contracts',
    more: [
      'Fetches data/ with DVC when it is missing. Every finding names file, row, value and cure; warnings do not refuse.',
    ],
    options: {},
    run: async (call) => {
      const { validateData } = await import('../steps/validate-data.ts')
      const report = await validateData(await contextOf(call))
      return { code: report.pass ? 0 : 1, json: report, text: describeData(report, call.terminal.paint) }
    },
  },
  train: {
    what: 'train the model that the tree describes, or reuse the training that did',
    more: [
      'A training with the same fingerprint (data, params.yaml section train, code, locked packages, Node, architecture), on this machine or in MLflow, is reused: 0 epochs.',
      'Without MLFLOW_TRACKING_URI an MLflow server is started for this folder; `npm run stop` ends it.',
    ],
    options: {},
    run: async (call) => {
      const { train } = await import('../steps/train.ts')
      const training = await train(await contextOf(call))
      return { code: 0, json: training, text: describeTraining(training) }
    },
  },
  'evaluate-gate': {
    what: 'judge the trained model against production’s and the baselines, on records that none has seen',
    more: [
      'Writes the report to .mergeline/report.md and .mergeline/report.html. Pass and unchanged exit with 0, fail and inconclusive with 1.',
    ],
    options: {},
    run: async (call) => {
      const { evaluateGate } = await import('../steps/evaluate-gate.ts')
      const judged = await evaluateGate(await contextOf(call))
      const passed = judged.gate.result === 'pass' || judged.gate.result === 'unchanged'
      return { code: passed ? 0 : 1, json: judged, text: describeGate(judged, call.terminal.paint) }
    },
  },
  register: {
    what: 'register the trained model, once the gate has passed it',
    more: ['One model version a digest, however often this is run. The model card lies beside the bundle.'],
    options: {},
    run: async (call) => {
      const { register } = await import('../steps/register.ts')
      const registered = await register(await contextOf(call))
      return {
        code: 0,
        json: registered,
        text: describeRegistered(registered),
      }
    },
  },
  image: {
    what: 'build the image of a server with its model inside',
    more: [
      'With Docker (DOCKER_HOST is honoured) or buildah. Nothing but the base image is fetched: packages are those installed here. The same inputs give the same layers.',
      'With --push it is in the registry afterwards, and is not built when the same model with the same server is there already. `docker login` or `buildah login` comes first.',
    ],
    options: {
      bundle: { type: 'string', value: 'folder', what: 'the model; `npm run train` names the folder of its bundle' },
      base: { type: 'string', value: 'image', what: 'with Node 24 on its path (default: what serve/Dockerfile names)' },
      tag: { type: 'string', value: 'name', what: 'default: the name of the model, and the beginning of its digest' },
      fingerprint: { type: 'string', value: 'sha256:…', what: 'of the training that made the model, for the label' },
      push: {
        type: 'boolean',
        what: 'to the registry in --tag <registry>/<name>:<tag>; answers with its digest there',
      },
      rebuild: { type: 'boolean', what: 'with --push: build also what the registry has' },
      sbom: { type: 'string', value: 'file', what: 'write there what is in the image (SPDX 2.3, JSON)' },
      context: { type: 'string', value: 'folder', what: 'only write there what the image would be built from' },
    },
    run: async (call) => {
      const { image } = await import('../steps/image.ts')
      const { accountFiles } = await import('../release/image/account.ts')
      const made = await image(await contextOf(call), {
        bundle: text(call, 'bundle', ''),
        base: text(call, 'base', ''),
        tag: text(call, 'tag', ''),
        modelFingerprint: text(call, 'fingerprint', ''),
        context: text(call, 'context', ''),
        sbom: text(call, 'sbom', ''),
        push: call.options['push'] === true,
        rebuild: call.options['rebuild'] === true,
        accounts: accountFiles(call.env),
      })
      return { code: 0, json: made, text: describeImage(made) }
    },
  },
  deploy: {
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
      const interrupted = new AbortController()
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort())
      const inputs = {
        environment: text(call, 'environment', 'staging'),
        commit: text(call, 'commit', 'HEAD'),
        signal: interrupted.signal,
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
  },
  replay: {
    what: 'send an environment on this machine the sample’s last year, as its clients would',
    more: [
      'Traffic for a rehearsal: without clients, a canary has nothing to be judged on. Run it beside `npm run deploy`; Ctrl-C ends it.',
    ],
    options: {
      environment: { type: 'string', value: 'name', what: 'default: production' },
      requests: { type: 'string', value: 'number', what: 'end after this many (default: when interrupted)' },
    },
    run: async (call) => {
      const { replay } = await import('../replay/replay.ts')
      const interrupted = new AbortController()
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort())
      const limit = Number(text(call, 'requests', 'Infinity'))
      if (!(limit >= 1))
        throw new InputError(`replay: --requests must be a number of at least 1, got ${text(call, 'requests', '')}`)
      const inputs = {
        environment: text(call, 'environment', 'production'),
        requests: limit,
        signal: interrupted.signal,
      }
      const done = await replay(await contextOf(call), inputs)
      return { code: done.failed > 0 ? 1 : 0, json: done, text: describeReplay(done) }
    },
  },
  status: {
    what: 'show what every environment should run and what it runs',
    more: ['Should: what Git says (the branch releases). Runs: what is found on this machine.'],
    options: {},
    run: async (call) => {
      const { status } = await import('../release/status.ts')
      const found = await status(call.root)
      return { code: 0, json: found, text: describeStatus(found) }
    },
  },
  history: historyVerb,
  verify: {
    what: 'ask Git, the registry, bundles and servers what runs, and tell who is wrong',
    more: [
      'Each is asked by itself: Git for what was promoted, MLflow for its versions and aliases, the bundle for what its bytes hash to, servers and gateways of this machine for the digest they answer with.',
      'Exits with 1 where somebody is wrong.',
    ],
    options: {},
    run: async (call) => {
      const { verify } = await import('../steps/verify.ts')
      const found = await verify(await contextOf(call))
      const code = found.some(({ wrong }) => wrong.length > 0) ? 1 : 0
      return { code, json: found, text: describeVerifiedReleases(found, call.terminal.paint) }
    },
  },
  promote: {
    what: 'promote a canary whose trial is held, although evidence is missing: on your word',
    more: [
      'Recorded on the branch releases, with your name, your reason and the evidence that was missing. What the verdict would roll back cannot be promoted.',
      'While `deploy` watches the trial, end it first (Ctrl-C leaves the canary on trial, without requests).',
    ],
    options: {
      environment: { type: 'string', value: 'name', what: 'default: production' },
      why: { type: 'string', value: 'text', what: 'the reason' },
      by: { type: 'string', value: 'name', what: 'who takes it upon themselves (default: git config user.name)' },
    },
    run: async (call) => {
      const { promote } = await import('../steps/promote.ts')
      if (!call.options['why']) throw new InputError('promote: --why is missing; see `npm run promote -- --help`')
      const result = await promote(await contextOf(call), {
        environment: text(call, 'environment', 'production'),
        by: await nameOfCaller(call),
        why: text(call, 'why', ''),
      })
      return {
        code: result.outcome === 'promoted' ? 0 : 1,
        json: result,
        text: await describeDeploy(result, call.root, call.terminal.paint),
      }
    },
  },
  rollback: {
    what: 'go back to the release that ran before, at once: no trial, no training',
    more: [
      'It is started and predicts its golden records before a client is sent to it. One revert commit on the branch releases says who, and why.',
      'What is taken back is put on hold, as after a verdict.',
    ],
    options: {
      environment: { type: 'string', value: 'name', what: 'default: production' },
      why: { type: 'string', value: 'text', what: 'the reason' },
      by: { type: 'string', value: 'name', what: 'who takes it back (default: git config user.name)' },
      digest: { type: 'string', value: 'sha256:…', what: 'only if this model runs, or one whose digest begins so' },
      free: { type: 'boolean', what: 'without a hold: it may be released again' },
    },
    run: async (call) => {
      const { rollback } = await import('../steps/rollback.ts')
      if (!call.options['why']) throw new InputError('rollback: --why is missing; see `npm run rollback -- --help`')
      const done = await rollback(await contextOf(call), {
        environment: text(call, 'environment', 'production'),
        by: await nameOfCaller(call),
        why: text(call, 'why', ''),
        digest: text(call, 'digest', '') || undefined,
        hold: call.options['free'] !== true,
      })
      return { code: 0, json: done, text: describeRollback(done) }
    },
  },
  lift: {
    what: 'lift a hold that a rollback has put on a model',
    more: ['Recorded on the branch releases, with your name and reason.'],
    options: {
      environment: { type: 'string', value: 'name', what: 'default: production' },
      digest: { type: 'string', value: 'sha256:…', what: 'the model on hold, or the beginning of its digest' },
      why: { type: 'string', value: 'text', what: 'the reason' },
      by: { type: 'string', value: 'name', what: 'who lifts it (default: git config user.name)' },
    },
    run: async (call) => {
      const { lift } = await import('../release/lift.ts')
      for (const needed of ['digest', 'why']) {
        if (!call.options[needed]) throw new InputError(`lift: --${needed} is missing; see \`npm run lift -- --help\``)
      }
      const environment = text(call, 'environment', 'production')
      const done = await lift(call.root, environment, {
        digest: text(call, 'digest', ''),
        by: await nameOfCaller(call),
        why: text(call, 'why', ''),
      })
      return {
        code: 0,
        json: done,
        text: `lifted in ${environment} (commit ${done.commit.slice(0, 12)} on releases); deploy it again when you like`,
      }
    },
  },
  audit: auditVerb,
  stop: {
    what: 'stop all that Mergeline started for this folder: servers, gateways, MLflow, demos that were killed',
    more: ['Nothing is lost: the next deploy starts what Git names.'],
    options: {},
    run: async (call) => {
      const { stop } = await import('../steps/stop.ts')
      const { sweepScratches } = await import('../demo/sweep.ts')
      const swept = await sweepScratches()
      const stopped = [...(await stop(call.root)), ...swept.map((home) => `the demo in ${home}`)]
      return {
        code: 0,
        json: { stopped },
        text: stopped.length > 0 ? `stopped: ${stopped.join(', ')}` : 'nothing was running',
      }
    },
  },
  demo: {
    what: 'see one model’s way from a pull request to production, and a bad one’s way back (2 minutes)',
    more: ['Works in a scratch clone with its own origin, never in your tree.'],
    options: {
      keep: { type: 'boolean', what: 'leave MLflow, gateways and servers running, and print their addresses' },
    },
    run: async (call) => {
      const { demo } = await import('../demo/demo.ts')
      const { told, text } = await demo({ ...call, keep: call.options['keep'] === true })
      return { code: 0, json: told, text }
    },
  },
} as const satisfies { readonly [name: string]: Verb }

export function isVerb(name: string): name is keyof typeof verbs {
  return Object.hasOwn(verbs, name)
}
