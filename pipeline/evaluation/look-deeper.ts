import type { Params } from '../params.ts'
import { attributes, metric } from '../task/judge.ts'
import { type Example, recordSchema } from '../task/record.ts'
import type { LoadedBundle } from '../tracking/bundle.ts'
import type { Epoch } from '../training/algorithms/algorithm.ts'
import { type Depth, depthOf } from './depth.ts'
import { drawnOf } from './drawn.ts'
import { type HeldOut, predictedOf } from './held-out.ts'
import type { Look, Row } from './look.ts'
import { match, type Predictions } from './match.ts'
import { sliceValues } from './slices.ts'

export type DeepInput = {
  readonly examples: readonly Example[]
  readonly bundle: {
    readonly manifest: Pick<LoadedBundle['manifest'], 'window'>
    readonly predict: (records: readonly Example['record'][]) => readonly number[]
  }
  /** Predictions for held-out records: the candidate's, the champion's unless it is the candidate, and each baseline's; a baseline's reach over all examples. */
  readonly candidate: readonly HeldOut[]
  readonly champion: readonly HeldOut[] | null
  readonly baselines: readonly Predictions[]
  /** The candidate's learning curve. */
  readonly history: readonly Epoch[]
}

// Fewer records tell nothing of the finer figures.
const fewest = 100
const batch = 256

/** Looks at the candidate deeper than at means, on held-out records that all models predicted; undefined where these are fewer than 100 or no figure can be made of them. */
export async function lookDeeper(input: DeepInput, policy: Params['evaluate_gate']): Promise<Depth | undefined> {
  const { examples, bundle, candidate, champion, baselines, history } = input
  const held = new Set(candidate.map(({ key }) => key))
  const others = baselines.map(({ name, records }) => ({ name, records: records.filter(({ key }) => held.has(key)) }))
  const models = [
    { name: 'candidate', records: candidate },
    ...(champion ? [{ name: 'champion', records: champion }] : []),
    ...others,
  ]
  const { records } = match(models)
  if (records.length < fewest) return undefined
  const byKey = new Map(examples.map(({ key, record }) => [key, record]))
  const rows = records.map(([own]) => ({ ...(own as HeldOut), record: byKey.get((own as HeldOut).key) }) as Row)
  const error = (m: number) => records.reduce((sum, row) => sum + metric.of(row[m] as HeldOut), 0)
  const least = [...models.keys()].slice(1).reduce((best, m) => (error(m) < error(best) ? m : best), 1)
  const other = champion ? 1 : least
  const { from, trainUntil } = bundle.manifest.window
  const isLearnt = ({ time }: Example) => time >= from && time <= trainUntil
  const predict = inBatches(bundle.predict)
  const look: Look = {
    rows,
    ...drawnOf(rows, policy),
    metric,
    schema: recordSchema,
  }
  const linear = new Map(baselines.find(({ name }) => name === 'linear')?.records.map((record) => [record.key, record]))
  const ofLinear = (of: readonly { readonly key: string }[]) => of.flatMap(({ key }) => linear.get(key) ?? [])
  const groups = (of: (record: Example['record']) => string) =>
    sliceValues(
      rows.map(({ record }) => record as Example['record']),
      of,
      recordSchema,
    )
  return depthOf({
    look,
    predict,
    other: { name: models[other]?.name ?? '', predictions: records.map((row) => row[other]?.prediction ?? Number.NaN) },
    trained: predictedOf(examples, isLearnt, (all) => [...predict(all.map(({ record }) => record))]),
    linear: { trained: ofLinear(examples.filter(isLearnt)), held: ofLinear(rows) },
    history,
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, of]) => [name, groups(of)])),
    policy,
  })
}

/** Some hundred records at a time: larger batches are no quicker, and take memory. */
function inBatches(predict: DeepInput['bundle']['predict']): (records: readonly object[]) => readonly number[] {
  return (records) =>
    Array.from({ length: Math.ceil(records.length / batch) }, (_, at) =>
      predict(records.slice(at * batch, (at + 1) * batch) as Parameters<typeof predict>[0]),
    ).flat()
}
