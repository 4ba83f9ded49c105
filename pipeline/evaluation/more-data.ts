import type { Interval } from './bootstrap.ts'
import { studentsT975 } from './students-t.ts'
import { percent, span } from './wording.ts'

/** One training, as it is scored fold by fold: the mean of the metric, null where training diverged, and the metric's sums by blocks of time. */
export type Scored = readonly { readonly error: number | null; readonly blocks: readonly number[] }[]

/** What the last doubling of the training records did: trainings from half of them and from all, of the same folds, that differ in their seeds. */
export type Doubling = { readonly half: readonly Scored[]; readonly all: readonly Scored[] }

export type MoreData = {
  readonly is: 'falling' | 'flat' | 'rising' | 'unclear'
  /** How much more the error is with all records than with half of them, in percent; null where nothing tells. */
  readonly change: Interval | null
  /** Sentences with their numbers. */
  readonly why: string
}

/** What a curve is called. */
export const inWords = { falling: 'Still falling', flat: 'Flat', rising: 'Rising', unclear: 'Cannot be told' } as const

/** A doubling that lowers the error by less, with its whole interval, is not worth its records. */
const flatPercent = 2

/**
 * Names what more data would bring, by what the last doubling brought. The interval (95 %) is of the logarithm of the ratio of errors, and holds chance of two kinds: in the records, by the spread of the ratio over
 * blocks of time (linearised: Cochran 1977, "Sampling techniques", 6.4), and in training, by the spread over seeds. Their degrees of freedom are put together as Satterthwaite does (1946). It is about the
 * periods that were scored; others may differ. What is alike within a group, and not within weeks, is not in it: of folds by `groups` it says so. `metric` is its name.
 */
export function moreData({ half, all }: Doubling, metric: string, groups = false): MoreData {
  const errors = [...half, ...all].flatMap((folds) => folds.map(({ error }) => error))
  const unclear = (why: string): MoreData => ({ is: 'unclear', change: null, why: `Nothing can be told: ${why}.` })
  if (errors.some((error) => error === null || error === 0))
    return unclear('a training diverged, or was without any error')
  const change = intervalOf(half, all)
  if (!change) return unclear('the periods that are scored are too short')

  const told = `with all training records the ${metric} is ${percent(Math.abs(change.estimate))} ${change.estimate < 0 ? 'less' : 'more'} than with half of them (95 %: ${span(change, percent)})`
  const named = (is: MoreData['is'], then: string): MoreData => ({
    ...{ is, change },
    why: `${inWords[is]}: ${told}. ${then}${groups ? ofGroups : ''}`,
  })
  if (change.low > 0)
    return named('rising', 'Older records do harm: what they tell is no longer so, and more would not help.')
  if (change.low > -flatPercent)
    return named('flat', 'More such records would not help; other fields, features or another model may.')
  if (change.high < 0) return named('falling', 'More such records should help.')
  return named('unclear', 'More folds tell more (search.cross_validation.folds in params.yaml).')
}

const ofGroups = ' Where records of one group are alike, the interval is narrower than it should be.'

function intervalOf(half: readonly Scored[], all: readonly Scored[]): Interval | undefined {
  const [before, now] = [blocksOf(half), blocksOf(all)]
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const [least, most] = [sum(now), sum(before)]
  const blocks = now.length
  if (blocks < 2) return undefined
  const off = now.map((value, at) => value / least - (before[at] as number) / most)
  const ofRecords = (blocks / (blocks - 1)) * sum(off.map((value) => value ** 2))

  const groups = [half, all].flatMap((trainings) =>
    (trainings[0] ?? []).map((_, fold) => trainings.map((folds) => Math.log(folds[fold]?.error as number))),
  )
  const free = sum(groups.map((logs) => logs.length - 1))
  const within = sum(groups.map((logs) => sum(logs.map((log) => (log - sum(logs) / logs.length) ** 2))))
  const ofTraining =
    free === 0 ? 0 : (within / free) * sum([half, all].map((trainings) => 1 / trainings.length)) * (2 / groups.length)

  const variance = ofRecords + ofTraining
  const freedom = variance ** 2 / (ofRecords ** 2 / (blocks - 1) + (free === 0 ? 0 : ofTraining ** 2 / free) || 1)
  const [mean, wide] = [Math.log(least / most), studentsT975(freedom) * Math.sqrt(variance)]
  const more = (log: number) => 100 * Math.expm1(log)
  return { estimate: more(mean), low: more(mean - wide), high: more(mean + wide) }
}

/** The blocks of all folds, each the sum over the trainings. */
const blocksOf = (trainings: readonly Scored[]): readonly number[] =>
  (trainings[0] ?? []).flatMap(({ blocks }, fold) =>
    blocks.map((_, at) => trainings.reduce((sum, folds) => sum + (folds[fold]?.blocks[at] ?? 0), 0)),
  )
