import { describeWithdrawal } from './describe.ts'
import { contextOf, type Verb } from './verb.ts'
import { wordOf, wordOptions } from './word.ts'

/** The verb `withdraw`: what is on its way is taken back before it is decided. */
export const withdrawVerb = {
  what: 'take back a release that is on its way and not decided: a canary, one that is held, an a/b test',
  more: [
    'What ran before serves everybody again. One revert commit on the branch releases says who, and why. It may be released again, unless --hold says otherwise.',
    'What runs for everybody is taken back by `npm run rollback`.',
  ],
  options: {
    ...wordOptions('withdraws it'),
    hold: { type: 'boolean', what: 'put it on hold, as after a verdict' },
  },
  run: async (call) => {
    const { withdraw } = await import('../steps/withdraw.ts')
    const word = await wordOf(call, 'withdraw')
    const done = await withdraw(await contextOf(call), {
      ...word,
      hold: call.options['hold'] === true,
    })
    return { code: done.unserved ? 1 : 0, json: done, text: describeWithdrawal(done) }
  },
} as const satisfies Verb
