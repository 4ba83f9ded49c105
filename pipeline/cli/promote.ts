import { describeDeploy } from './describe.ts'
import { contextOf, type Verb } from './verb.ts'
import { wordOf, wordOptions } from './word.ts'

/** The verb `promote`: on a person’s word, where evidence is missing. */
export const promoteVerb = {
  what: 'promote a canary whose trial is held, although evidence is missing: on your word',
  more: [
    'Recorded on the branch releases, with your name, your reason and the evidence that was missing. What the verdict would roll back cannot be promoted.',
    'While `deploy` watches the trial, end it first (Ctrl-C leaves the canary on trial, without requests).',
  ],
  options: wordOptions('takes it upon themselves'),
  run: async (call) => {
    const { promote } = await import('../steps/promote.ts')
    const word = await wordOf(call, 'promote')
    const result = await promote(await contextOf(call), word)
    return {
      code: result.outcome === 'promoted' ? 0 : 1,
      json: result,
      text: await describeDeploy(result, call.root, call.terminal.paint),
    }
  },
} as const satisfies Verb
