import { split } from '../../data/split.ts'
import { InputError } from '../../errors.ts'
import type { Params } from '../../params.ts'
import { random, shuffled } from '../../random.ts'
import { slices } from '../../task/judge.ts'
import type { Example } from '../../task/record.ts'

export type CrossValidation = NonNullable<Params['search']>['cross_validation']

/** One fold: what is learnt from, what decides when training stops, and what the model is scored on, which neither of them sees. */
export type Fold = {
  readonly train: readonly Example[]
  readonly validation: readonly Example[]
  readonly scored: readonly Example[]
}

/** The newest part of what each fold's model learns from; what it is scored on stays. At least one record. */
export const newestPart = (folds: readonly Fold[], share: number): readonly Fold[] =>
  folds.map((fold) => ({ ...fold, train: fold.train.slice(-Math.max(1, Math.round(fold.train.length * share))) }))

/** Of the records that are not scored, the last in time: they decide when training stops, where folds are no windows. */
const stopShare = 0.2

/** The examples that a search may see: all before the test window, sorted by time. Throws InputError as `split` does. */
export function searchable(examples: readonly Example[], params: Params['train']['split']): readonly Example[] {
  const { train, validation } = split(examples, params)
  return [...train, ...validation]
}

/**
 * Folds over examples sorted by time. `rolling_origin`: the last `folds` windows of `validation_days` are scored one after the other, by models of what came before; the window before decides
 * when training stops (Tashman 2000, "Out-of-sample tests of forecasting accuracy"). `grouped`: all records of some values of the slice `by` are scored, by models that never met them.
 * `stratified`: each fold has its share of every value of the slice; neighbours in time are then on both sides, so it is for records that are independent of each other.
 * Throws InputError when there is no such slice, or too little for so many folds.
 */
export function foldsOf(
  examples: readonly Example[],
  how: CrossValidation,
  { validation_days }: Params['train']['split'],
  seed: number,
): readonly Fold[] {
  if (how.kind === 'rolling_origin') return rolling(examples, how.folds, validation_days)
  const part = how.kind === 'grouped' ? grouped(examples, how, seed) : stratified(examples, how, seed)
  return Array.from({ length: how.folds }, (_, fold) => {
    const rest = examples.filter((_, index) => part[index] !== fold)
    const from = Math.floor(rest.length * (1 - stopShare))
    const scored = examples.filter((_, index) => part[index] === fold)
    return { train: rest.slice(0, from), validation: rest.slice(from), scored }
  })
}

function rolling(examples: readonly Example[], folds: number, days: number): readonly Fold[] {
  const last = examples.at(-1)?.time ?? ''
  const before = (windows: number) =>
    new Date(Date.parse(last) - (windows * days - 1) * 86_400_000).toISOString().slice(0, 10)
  return Array.from({ length: folds }, (_, fold) => {
    const [stop, from, to] = [folds - fold + 1, folds - fold, folds - fold - 1].map(before) as [string, string, string]
    const made = {
      train: examples.filter(({ time }) => time < stop),
      validation: examples.filter(({ time }) => time >= stop && time < from),
      scored: examples.filter(({ time }) => time >= from && time < to),
    }
    if (Object.values(made).some((part) => part.length === 0))
      throw new InputError(
        `params.yaml: search.cross_validation.folds: ${folds} windows of train.split.validation_days (${days}) and one before them leave nothing to train on or to score; the records ` +
          `before the test window run from ${examples[0]?.time} to ${last}: lower one of the two`,
      )
    return made
  })
}

type By = { readonly folds: number; readonly by: string }

/** The fold of each example: whole groups, each into the fold that is smallest so far, large groups first. */
function grouped(examples: readonly Example[], { folds, by }: By, seed: number): readonly number[] {
  const values = examples.map(sliceOf(by))
  const groups = [...Map.groupBy(values, (value) => value)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  if (groups.length < folds)
    throw new InputError(
      `params.yaml: search.cross_validation.folds must be at most ${groups.length}, the number of groups of ${by}, got ${folds}`,
    )
  const order = Array.from(shuffled(groups.length, random(seed)), (at) => groups[at] as (typeof groups)[number])
  const sizes = Array<number>(folds).fill(0)
  const fold = new Map<string, number>()
  for (const [value, members] of order.toSorted(([, a], [, b]) => b.length - a.length)) {
    const smallest = sizes.indexOf(Math.min(...sizes))
    sizes[smallest] = (sizes[smallest] ?? 0) + members.length
    fold.set(value, smallest)
  }
  return values.map((value) => fold.get(value) ?? 0)
}

/** The fold of each example: those of one value are dealt out in random order. */
function stratified(examples: readonly Example[], { folds, by }: By, seed: number): readonly number[] {
  const part = Array<number>(examples.length).fill(0)
  const next = random(seed)
  const strata = Map.groupBy(examples.keys(), (index) => sliceOf(by)(examples[index] as Example))
  let dealt = 0
  for (const [, members] of [...strata].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    for (const at of shuffled(members.length, next)) part[members[at] as number] = dealt++ % folds
  if (dealt < folds)
    throw new InputError(`params.yaml: search.cross_validation.folds must be at most ${dealt}, the number of records`)
  return part
}

function sliceOf(by: string): (example: Example) => string {
  const slice = Object.hasOwn(slices, by) ? slices[by] : undefined
  if (!slice)
    throw new InputError(
      `params.yaml: search.cross_validation.by must be a slice of pipeline/task/judge.ts (${Object.keys(slices).join(', ')}), got ${JSON.stringify(by)}`,
    )
  return ({ record }) => slice(record)
}
