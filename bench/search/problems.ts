import { normal } from '../../pipeline/data/sample/normal.ts'
import { random, shuffled } from '../../pipeline/random.ts'
import type { Point } from '../../pipeline/training/search/space.ts'

/** What a trial comes to: the error that the search sees, and how much worse than the optimum the trained model is in truth. */
export type Outcome = { readonly seen: number; readonly regret: number }

/** A family of problems, one a seed, whose optimum is known. */
export type Problem = {
  readonly name: string
  readonly space: { readonly [key: string]: Range | readonly number[] }
  /** Makes the problem of a seed: a point trained for so many epochs → what it comes to, the same each time. */
  readonly make: (seed: number) => (point: Point, epochs: number) => Outcome
}

type Range = { readonly from: number; readonly to: number; readonly scale: 'log' }

/** Epochs of a full training. */
export const epochsOfAll = 27

/**
 * Linear regression by stochastic gradient descent, on 60 records of 30 features with noise: real learning curves, and shrinking pays. Features are independent with variance 1,
 * so the excess of the expected squared error over the best possible is exactly the squared distance of the weights from the true ones.
 */
export const descent: Problem = {
  name: 'regression by gradient descent',
  space: {
    rate: { from: 0.00001, to: 10, scale: 'log' },
    l2: { from: 0.0001, to: 1000, scale: 'log' },
    batch: [1, 4, 16, 60],
  },
  make(seed) {
    const next = random(seed)
    const truth = Array.from({ length: 30 }, () => normal(next) / Math.sqrt(10))
    const sample = (records: number) =>
      Array.from({ length: records }, () => {
        const row = truth.map(() => normal(next))
        return { row, target: dot(row, truth) + 2 * normal(next) }
      })
    const [train, validation] = [sample(60), sample(200)]
    return (point, epochs) => {
      const [rate, l2, batch] = [Number(point['rate']), Number(point['l2']), Number(point['batch'])]
      const order = random(seed)
      const weights = truth.map(() => 0)
      const steps = Math.ceil(train.length / batch)
      for (let epoch = 0; epoch < epochs; epoch++) {
        const records = shuffled(train.length, order)
        for (let step = 0; step < steps; step++) {
          const part = records.subarray(step * batch, (step + 1) * batch)
          const gradient = weights.map((weight) => l2 * weight)
          for (const at of part) {
            const { row, target } = train[at] as (typeof train)[number]
            const error = dot(row, weights) - target
            row.forEach((value, column) => {
              gradient[column] = (gradient[column] ?? 0) + (error * value) / part.length
            })
          }
          const now = (rate * (1 + Math.cos((Math.PI * (epoch + step / steps)) / epochs))) / 2
          gradient.forEach((value, column) => {
            weights[column] = (weights[column] ?? 0) - now * value
          })
        }
      }
      const seen = validation.reduce((sum, { row, target }) => sum + (dot(row, weights) - target) ** 2, 0)
      const regret = weights.reduce((sum, weight, column) => sum + (weight - (truth[column] ?? 0)) ** 2, 0)
      return { seen: finite(seen / validation.length), regret: finite(regret) }
    }
  },
}

/**
 * A bowl over three settings, 0 at its optimum, seen with noise, plus what is not yet learnt after so many epochs. `learnsSlowly` says how long a point takes by how good it ends (0 is best) and a random
 * share of its own.
 */
function bowl(name: string, learnsSlowly: (end: number, luck: number) => number): Problem {
  return {
    name,
    space: {
      rate: { from: 0.0001, to: 1, scale: 'log' },
      l2: { from: 0.0000001, to: 0.1, scale: 'log' },
      units: [8, 16, 32, 64, 128],
    },
    make: (seed) => (point, epochs) => {
      const [rate, l2, units] = [Number(point['rate']), Number(point['l2']), Number(point['units'])]
      const regret = (Math.log10(rate) + 2) ** 2 + (Math.log10(l2) + 4) ** 2 / 4 + Math.log2(units / 32) ** 2 / 8
      const own = random(hash(JSON.stringify([seed, point, epochs])))
      const luck = random(hash(JSON.stringify([seed, point])))()
      return { seen: regret + learnsSlowly(regret, luck) / epochs + 0.05 * normal(own), regret }
    },
  }
}

export const alike = bowl('bowl: all learn alike fast', () => 4)
export const unlike = bowl('bowl: some learn up to 10 times as slowly, good and bad', (_, luck) => 10 ** luck)
export const opposed = bowl('bowl: the better in the end, the slower', (end) => 12 * Math.exp(-end))

/** What diverged is as bad as can be told. */
const finite = (value: number) => (Number.isFinite(value) ? value : Number.MAX_VALUE)

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)

/** FNV-1a, 32 bits (Fowler, Noll, Vo). */
const hash = (text: string) =>
  [...text].reduce((all, char) => Math.imul(all ^ char.charCodeAt(0), 16777619) >>> 0, 2166136261)
