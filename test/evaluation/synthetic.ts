import { normal } from '../../pipeline/data/sample/normal.ts'
import type { HeldOut } from '../../pipeline/evaluation/held-out.ts'
import type { Params } from '../../pipeline/params.ts'
import { random } from '../../pipeline/random.ts'

export const policy: Params['evaluate_gate'] = {
  confidence: 0.95,
  resamples: 2000,
  block_days: 7,
  seed: 1,
  tolerance_percent: 2,
  slice_tolerance_percent: 10,
  slice_min_records: 100,
}

/** Seeded standard normal numbers. */
export function normals(seed: number): () => number {
  const next = random(seed)
  return () => normal(next)
}

/** Days of an AR(1) process with the given autocorrelation, standard deviation 1 and mean 0. */
export function autoregressive(days: number, correlation: number, gauss: () => number): number[] {
  const values: number[] = []
  for (let day = 0; day < days; day++) {
    const before = values[day - 1]
    values.push(before === undefined ? gauss() : correlation * before + Math.sqrt(1 - correlation ** 2) * gauss())
  }
  return values
}

const shops = ['harbour', 'hilltop', 'lakeside', 'market']

/**
 * Held-out records of `groups` customers, `each` of them on a day of its own: a group's records share half of the variance of what a model errs more than another, whose mean is `difference`.
 * Returns the candidate's and the champion's.
 */
export function groupedWorld({ groups = 60, each = 8, difference = 0, seed = 1 }): readonly HeldOut[][] {
  const gauss = normals(seed)
  const shared = Array.from({ length: groups }, gauss)
  const places = Array.from({ length: groups * each }, (_, at) => ({
    customer: `c${at % groups}`,
    time: new Date(Date.UTC(2023, 0, 1 + Math.floor((365 * at) / (groups * each)))).toISOString().slice(0, 10),
    error: 30 + difference + 3 * ((shared[at % groups] as number) + gauss()),
  }))
  const model = (errorOf: (place: (typeof places)[number]) => number) =>
    places.map((place, at) => {
      const { time, customer } = place
      return { key: `${customer}|${at}`, time, actual: 300, prediction: 300 + errorOf(place), slices: { customer } }
    })
  return [model(({ error }) => error), model(() => 30)]
}

export type World = { readonly days?: number; readonly seed?: number }

/**
 * Held-out records of four shops. Every model built by `model(scale, salt)` errs with a standard deviation of 30 × `scale` units: two
 * thirds of the variance are the noise of the record and its day, which all models of a world share, the rest is the model's own.
 */
export function world({ days = 365, seed = 1 }: World = {}) {
  const gauss = normals(seed)
  const byDay = autoregressive(days, 0.5, gauss)
  const places = byDay.flatMap((day, index) =>
    shops.map((shop) => ({
      shop,
      time: new Date(Date.UTC(2023, 0, 1 + index)).toISOString().slice(0, 10),
      noise: (day + gauss()) / Math.sqrt(2),
    })),
  )
  const model = (scale: number, salt: number, scaleOf: (shop: string) => number = () => 1): HeldOut[] => {
    const own = normals(1000 * seed + salt)
    return places.map(({ shop, time, noise }) => {
      const error = 30 * scale * scaleOf(shop) * (Math.sqrt(2 / 3) * noise + Math.sqrt(1 / 3) * own())
      return { key: `${shop}|${time}`, time, actual: 300, prediction: 300 + error, slices: { shop } }
    })
  }
  return { model }
}
