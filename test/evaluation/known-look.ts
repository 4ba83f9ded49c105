import { Type } from 'typebox'
import { daysOf } from '../../pipeline/evaluation/daily.ts'
import type { Look, Row } from '../../pipeline/evaluation/look.ts'
import { absoluteError } from '../../pipeline/metric.ts'
import { random } from '../../pipeline/random.ts'
import { normals } from './synthetic.ts'

export type Known = {
  readonly shop: string
  readonly x: number
  readonly idle: number
  readonly list: readonly number[]
  readonly member: boolean
  readonly secret: string
}

export const schema = Type.Object({
  shop: Type.String(),
  x: Type.Number({ minimum: -10, maximum: 10 }),
  idle: Type.Number(),
  list: Type.Array(Type.Number()),
  member: Type.Boolean(),
  secret: Object.assign(Type.String(), { private: true }),
})

const shops = ['a', 'b', 'c', 'd']

/** What happens is 100 + 10 x + list[1] and noise with a standard deviation of 1 times `spread` of the record; `predict` is what the model says. */
export const truth = ({ x, list }: Known) => 100 + 10 * x + (list[1] ?? 0)

/** A year of held-out records of four shops of which everything is known. */
export function knownLook(
  predict: (record: Known) => number = truth,
  spread: (record: Known) => number = () => 1,
  seed = 1,
): Look {
  const next = random(seed)
  const gauss = normals(seed + 1000)
  const rows = Array.from({ length: 365 * shops.length }, (_, index): Row => {
    const shop = shops[index % shops.length] ?? ''
    const time = new Date(Date.UTC(2023, 0, 1 + Math.floor(index / shops.length))).toISOString().slice(0, 10)
    const record: Known = {
      shop,
      x: 4 * next() - 2,
      idle: next(),
      list: [next(), next(), next()],
      member: next() < 0.5,
      secret: `person ${index}`,
    }
    const actual = truth(record) + spread(record) * gauss()
    return { key: `${shop}|${time}`, time, actual, prediction: predict(record), slices: { shop }, record }
  })
  const options = { blockDays: 7, resamples: 500, confidence: 0.95, seed: 1 }
  return { rows, days: daysOf(rows), metric: absoluteError('units'), options, schema }
}

/** A model that answers as `of` does. */
export const predictor = (of: (record: Known) => number) => (records: readonly object[]) =>
  records.map((record) => of(record as Known))
