import { InputError } from '../../errors.ts'
import type { Params } from '../../params.ts'

type Space = NonNullable<Params['search']>['space']
type Range = Extract<Space[string], { readonly from: number }>

/** One choice: a value for each key of the space, such as `network.learning_rate`. */
export type Point = { readonly [key: string]: Value }
type Value = string | number | boolean | readonly (string | number)[]

/** After so many draws in a row that were there before, all of a space is taken to have been drawn. */
const enough = 1000

/** Every combination, the last key changing fastest. A range needs `steps`. Throws InputError where it has none. */
export function grid(space: Space): readonly Point[] {
  return Object.entries(space).reduce<readonly Point[]>(
    (points, [key, values]) => {
      const choices = isRange(values) ? stepsOf(key, values) : values
      return points.flatMap((point) => choices.map((value) => ({ ...point, [key]: value })))
    },
    [{}],
  )
}

/** Different points at random, each independent of those before; it ends where a space of lists has no more. `next` gives uniform numbers in [0, 1). */
export function* draws(space: Space, next: () => number): Generator<Point> {
  const seen = new Set<string>()
  for (let repeated = 0; repeated < enough; repeated++) {
    const point = Object.fromEntries(
      Object.entries(space).map(([key, values]) => [
        key,
        isRange(values) ? at(key, values, next()) : (values[Math.floor(next() * values.length)] as Value),
      ]),
    )
    const text = JSON.stringify(point)
    if (seen.has(text)) continue
    seen.add(text)
    repeated = 0
    yield point
  }
}

const isRange = (values: Space[string]): values is Range => !Array.isArray(values)

function stepsOf(key: string, range: Range): readonly number[] {
  if (range.steps === undefined)
    throw new InputError(`params.yaml: search.space.${key}: a grid needs steps, how many values of the range it takes`)
  const { steps } = range
  return [...new Set(Array.from({ length: steps }, (_, step) => at(key, range, step / (steps - 1))))]
}

/** The value at a share of the range, 0 to 1, with three digits: more are noise, and people read them in `params.yaml`. */
function at(key: string, { from, to, scale, integer }: Range, share: number): number {
  const where = `params.yaml: search.space.${key}`
  if (!(from < to)) throw new InputError(`${where}: from must be below to, got ${from} and ${to}`)
  if (scale === 'log' && from <= 0) throw new InputError(`${where}: on scale log, from must be above 0, got ${from}`)
  if (integer && !(Number.isInteger(from) && Number.isInteger(to)))
    throw new InputError(`${where}: of integers, from and to must be some, got ${from} and ${to}`)
  // Each integer has a unit of the range to itself.
  const [low, high] = integer ? [from - 0.5, to + 0.5] : [from, to]
  const value = scale === 'log' ? low * (high / low) ** share : low + (high - low) * share
  const rounded = integer ? Math.round(value) : Number(value.toPrecision(3))
  return Math.min(to, Math.max(from, rounded))
}
