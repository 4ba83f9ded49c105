import { nameOfCaller, needed, text, type Verb } from './verb.ts'

/** The verb `lift`: what a rollback has put on hold may be released again. */
export const liftVerb = {
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
    const digest = needed(call, 'lift', 'digest')
    const why = needed(call, 'lift', 'why')
    const environment = text(call, 'environment', 'production')
    const done = await lift(call.root, environment, {
      digest,
      by: await nameOfCaller(call),
      why,
    })
    return {
      code: 0,
      json: done,
      text: `lifted in ${environment} (commit ${done.commit.slice(0, 12)} on releases); deploy it again when you like`,
    }
  },
} as const satisfies Verb
