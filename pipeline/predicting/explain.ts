import { random, shuffled } from '../random.ts'

/** Why a prediction is what it is: what each field of the record adds to the mean prediction of the background. */
export type Explanation = {
  /** The mean prediction over the background, in units of the target. */
  readonly baseline: number
  /** By field, in units of the target: their sum and the baseline are the prediction, but for rounding. */
  readonly contributions: { readonly [field: string]: number }
  /** How far each may be from what all orders of the fields would give: the standard error of its mean over the sampled ones. */
  readonly standardErrors: { readonly [field: string]: number }
  /** Orders of the fields that were gone through. */
  readonly orders: number
}

type Fields = { readonly [field: string]: unknown }

export type ExplainOptions<R> = {
  /** Records → predictions, in order. Called once. */
  readonly predict: (records: readonly R[]) => readonly number[] | Promise<readonly number[]>
  /** The records that a field's value is compared with: they stand for not knowing it. At least one. */
  readonly background: readonly R[]
  readonly fields: readonly string[]
  readonly seed: number
  /** Pairs of orders, for each record of the background. */
  readonly pairs?: number
}

/**
 * Explains the prediction of `record` by Shapley values (Lundberg & Lee 2017, "A unified approach to interpreting model predictions", with the expectation over
 * the background: interventional), sampled by orders: from a record of the background, the fields become those of `record` one after another, and what the prediction changes
 * by is the field's (Castro, Gómez & Tejada 2009, "Polynomial calculation of the Shapley value based on sampling"; Štrumbelj & Kononenko 2014). Orders come in pairs, one the
 * reverse of the other, which cancels much of the noise (Mitchell et al. 2022, "Sampling permutations for Shapley value estimation", JMLR 23). Each record of the background
 * has as many orders, so contributions add up to prediction − baseline exactly, not only on average. It asks for background × (2 × pairs × (fields − 1) + 1) + 1
 * predictions.
 */
export async function explain<R extends object>(record: R, options: ExplainOptions<R>): Promise<Explanation> {
  const { predict, background, fields, seed, pairs = 2 } = options
  const next = random(seed)
  const asked: R[] = [record, ...background]
  const paths: { readonly order: readonly number[]; readonly from: number; readonly between: number }[] = []
  background.forEach((base, at) => {
    for (let pair = 0; pair < pairs; pair += 1) {
      const order = [...shuffled(fields.length, next)]
      for (const one of [order, order.toReversed()]) {
        paths.push({ order: one, from: at + 1, between: asked.length })
        asked.push(...between(record, base, one, fields))
      }
    }
  })
  const predictions = await predict(asked)
  const told = (at: number) => predictions[at] as number
  // One value a pair: the two of a pair are not independent of each other.
  const samples = fields.map((): number[] => [])
  for (let at = 0; at < paths.length; at += 2) {
    const sums = new Float64Array(fields.length)
    for (const { order, from, between } of paths.slice(at, at + 2)) {
      let before = told(from)
      order.forEach((field, step) => {
        const after = step === order.length - 1 ? told(0) : told(between + step)
        sums[field] = (sums[field] as number) + after - before
        before = after
      })
    }
    sums.forEach((sum, field) => {
      samples[field]?.push(sum / 2)
    })
  }
  const named = (of: (values: readonly number[]) => number) =>
    Object.fromEntries(fields.map((field, at) => [field, of(samples[at] as readonly number[])]))
  return {
    baseline: mean(background.map((_, at) => told(at + 1))),
    contributions: named(mean),
    standardErrors: named(standardError),
    orders: paths.length,
  }
}

/** The records on the way from `base` to `record` when the fields change in this order, without both ends. */
function between<R extends object>(
  record: R,
  base: R,
  order: readonly number[],
  fields: readonly string[],
): readonly R[] {
  const made: R[] = []
  let last = base
  for (const field of order.slice(0, -1)) {
    const name = fields[field] as string
    last = { ...last, [name]: (record as Fields)[name] }
    made.push(last)
  }
  return made
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

function standardError(values: readonly number[]): number {
  if (values.length < 2) return 0
  const middle = mean(values)
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1) / values.length)
}
