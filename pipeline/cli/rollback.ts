import { describeRollback } from './describe.ts'
import { contextOf, text, type Verb } from './verb.ts'
import { wordOf, wordOptions } from './word.ts'

/** The verb `rollback`: back to what ran before. */
export const rollbackVerb = {
  what: 'go back to the release that ran before, at once: no trial, no training',
  more: [
    'It is started and predicts its golden records before a client is sent to it. One revert commit on the branch releases says who, and why.',
    'What is taken back is put on hold, as after a verdict.',
  ],
  options: {
    ...wordOptions('takes it back'),
    digest: { type: 'string', value: 'sha256:…', what: 'only if this model runs, or one whose digest begins so' },
    free: { type: 'boolean', what: 'without a hold: it may be released again' },
  },
  run: async (call) => {
    const { rollback } = await import('../steps/rollback.ts')
    const word = await wordOf(call, 'rollback')
    const done = await rollback(await contextOf(call), {
      ...word,
      digest: text(call, 'digest', '') || undefined,
      hold: call.options['free'] !== true,
    })
    return { code: 0, json: done, text: describeRollback(done) }
  },
} as const satisfies Verb
