import { InputError } from '../errors.ts'
import { describeReplay } from './describe.ts'
import { contextOf, interruption, text, type Verb } from './verb.ts'

/** The verb `replay`: requests for a rehearsal. */
export const replayVerb = {
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
    const limit = Number(text(call, 'requests', 'Infinity'))
    if (!(limit >= 1))
      throw new InputError(`replay: --requests must be a number of at least 1, got ${text(call, 'requests', '')}`)
    const inputs = {
      environment: text(call, 'environment', 'production'),
      requests: limit,
      signal: interruption(),
    }
    const done = await replay(await contextOf(call), inputs)
    return { code: done.failed > 0 ? 1 : 0, json: done, text: describeReplay(done) }
  },
} as const satisfies Verb
