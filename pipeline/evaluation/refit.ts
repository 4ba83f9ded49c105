import { meanOf } from '../metric.ts'
import { percentMore } from './daily.ts'
import type { HeldOut } from './held-out.ts'
import type { Ruling, Scene } from './rules.ts'
import { amount, moreOrLess, setting, whole } from './wording.ts'

/** What ships, where it is not the model that was judged: one that was fitted again, to so many records more, the last of them of an ISO date. */
export type Refit = { readonly more: number; readonly until: string }

export type Refitted = Refit & { readonly model: 'candidate' | 'champion' }

/** What every reader of a figure must know of it, a sentence each. */
export const saidOfRefit = ({ model, more, until }: Refitted): string =>
  `The ${model} was judged before its refit: what ${model === 'candidate' ? 'ships' : 'production runs'} was then trained on ${whole(more)} more records, up to ${until}, and could not be judged on them.`

// A fit that has seen these records should do better on them than one that has not: on the sample by 1.5 to 26 % in 16 trainings of what learns. Chance (other mini-batches) may take some percent of
// that away; a refit that came to nothing, far more.
const mostWorsePercent = 10

/**
 * The candidate's refit must not have come to nothing: on the held-out records what ships, which has learnt from them, may have an error of at most 10 % above the judged model's.
 * That tells nothing of how good it is on others, and no interval is taken: both errors are what they are on these very records.
 */
export function onRefit(
  judged: readonly HeldOut[],
  shipped: readonly HeldOut[] | undefined,
  { metric }: Pick<Scene, 'metric'>,
): readonly Ruling[] {
  if (!shipped) return []
  const cure = 'Train with another seed or more epochs, or set train.refit in params.yaml to none.'
  const broken = shipped.filter(({ prediction }) => !Number.isFinite(prediction)).length
  if (broken > 0) {
    const reason = `Refit: what ships predicts no finite number for ${whole(broken)} of ${whole(shipped.length)} held-out records. ${cure}`
    return [{ result: 'fail', reason }]
  }
  const [before, ships] = [meanOf(metric.of, judged), meanOf(metric.of, shipped)]
  const worse = percentMore(ships, before)
  const said = `Refit: on the held-out records, which it has learnt from, the ${metric.name} of what ships is ${amount(ships)}, ${moreOrLess(worse)} the judged model's ${amount(before)}`
  if (worse <= mostWorsePercent)
    return [{ result: 'pass', reason: `${said}: it did not come to nothing, which is all that this can tell.` }]
  return [{ result: 'fail', reason: `${said}, and may be at most ${setting(mostWorsePercent)} more. ${cure}` }]
}
