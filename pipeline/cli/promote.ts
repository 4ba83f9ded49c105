import { describeDeploy } from './describe.ts'
import { contextOf, nameOfCaller, needed, text, type Verb } from './verb.ts'

/** The verb `promote`: on a person’s word, where evidence is missing. */
export const promoteVerb = {
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
    const why = needed(call, 'promote', 'why')
    const result = await promote(await contextOf(call), {
      environment: text(call, 'environment', 'production'),
      by: await nameOfCaller(call),
      why,
    })
    return {
      code: result.outcome === 'promoted' ? 0 : 1,
      json: result,
      text: await describeDeploy(result, call.root, call.terminal.paint),
    }
  },
} as const satisfies Verb
