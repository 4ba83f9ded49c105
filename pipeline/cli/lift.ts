import { needed, type Verb } from './verb.ts'
import { wordOf, wordOptions } from './word.ts'

/** The verb `lift`: what a rollback has put on hold may be released again. */
export const liftVerb = {
  what: 'lift a hold that a rollback has put on a model',
  more: ['Recorded on the branch releases, with your name and reason.'],
  options: {
    ...wordOptions('lifts it'),
    digest: { type: 'string', value: 'sha256:…', what: 'the model on hold, or the beginning of its digest' },
  },
  run: async (call) => {
    const { lift } = await import('../release/lift.ts')
    const digest = needed(call, 'lift', 'digest')
    const { environment, ...word } = await wordOf(call, 'lift')
    const done = await lift(call.root, environment, { digest, ...word })
    return {
      code: 0,
      json: done,
      text: `lifted in ${environment} (commit ${done.commit.slice(0, 12)} on releases); deploy it again when you like`,
    }
  },
} as const satisfies Verb
