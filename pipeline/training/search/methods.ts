import { InputError } from '../../errors.ts'
import type { Params } from '../../params.ts'
import { random } from '../../random.ts'
import { draws, grid, type Point } from './space.ts'

type Search = Pick<NonNullable<Params['search']>, 'method' | 'budget' | 'seed' | 'space'>

/** One training to be scored: a point, trained for so many epochs. */
export type Trial = { readonly point: Point; readonly epochs: number }

/** Lower is better; infinity for a training that diverged. */
export type Scored = Trial & { readonly score: number }

/** Scores trials that do not depend on each other, in their order. `rung` counts from 1. */
export type Score = (trials: readonly Trial[], rung: number, rungs: number) => Promise<readonly number[]>

/** Of each rung of successive halving one in so many goes on, to so many times the epochs: the value that its authors use. */
const eta = 3
const rungs = 3

/**
 * Searches the space and returns the trials of the last rung, best first; of equal ones the earlier. `epochs` are those of a full training, by which a budget of trials is counted.
 * `successive_halving` (Jamieson & Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter optimization"): many points for a ninth of the epochs, the best third of them
 * for a third, the best ninth for all. Each rung trains anew, because the learning rate falls over the epochs that there are; that is counted.
 * Deterministic in its arguments and the scores. Throws InputError for a budget that is too small for one trial, or for the grid.
 */
export async function search(search: Search, epochs: number, score: Score): Promise<readonly Scored[]> {
  const budget = search.budget.epochs ?? (search.budget.trials ?? 0) * epochs
  const stages = search.method === 'successive_halving' ? halvingOf(budget, epochs) : []
  let trials = stages[0] ? startOf(search, stages[0]) : pointsOf(search, budget, epochs)
  for (let rung = 0; ; rung++) {
    const scores = await score(trials, rung + 1, Math.max(1, stages.length))
    const ranked = trials
      .map((trial, index) => ({ ...trial, score: scores[index] ?? Number.POSITIVE_INFINITY }))
      .toSorted((a, b) => compare(a.score, b.score))
    const next = stages[rung + 1]
    if (!next) return ranked
    trials = ranked.slice(0, next.trials).map(({ point }) => ({ point, epochs: next.epochs }))
  }
}

// Infinity − infinity is not a number.
const compare = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1)

function pointsOf({ method, space, seed }: Search, budget: number, epochs: number): readonly Trial[] {
  const costOf = (point: Point) => (typeof point['epochs'] === 'number' ? point['epochs'] : epochs)
  const trials: Trial[] = []
  let spent = 0
  const points = method === 'grid' ? grid(space) : draws(space, random(seed))
  for (const point of points) {
    spent += costOf(point)
    if (spent > budget) {
      if (method === 'random') break
      const all = grid(space)
      const needed = all.reduce((sum, each) => sum + costOf(each), 0)
      throw tooSmall(`the grid has ${all.length} points, which take ${needed} epochs`, budget)
    }
    trials.push({ point, epochs: costOf(point) })
  }
  if (trials.length === 0) throw tooSmall(`one trial takes ${spent} epochs`, budget)
  return trials
}

function startOf({ space, seed }: Search, { trials, epochs }: Stage): readonly Trial[] {
  if ('epochs' in space)
    throw new InputError(
      'params.yaml: search.space.epochs: successive_halving decides on the epochs itself; leave it out, or use the method random',
    )
  const start: Trial[] = []
  for (const point of draws(space, random(seed))) {
    start.push({ point, epochs })
    if (start.length === trials) break
  }
  return start
}

type Stage = { readonly trials: number; readonly epochs: number }

/** The rungs that a budget of epochs pays for, with as many points as it can. */
export function halvingOf(budget: number, epochs: number): readonly Stage[] {
  const lengths = Array.from({ length: rungs }, (_, rung) => Math.ceil(epochs / eta ** (rungs - 1 - rung)))
  const kept = lengths.filter((length, rung) => length !== lengths[rung - 1])
  const stagesOf = (points: number) =>
    kept.map((length, rung) => ({ trials: Math.max(1, Math.floor(points / eta ** rung)), epochs: length }))
  const costOf = (points: number) => stagesOf(points).reduce((sum, stage) => sum + stage.trials * stage.epochs, 0)
  if (costOf(1) > budget) throw tooSmall(`one point through all rungs takes ${costOf(1)} epochs`, budget)
  let points = 1
  while (costOf(points + 1) <= budget) points++
  return stagesOf(points)
}

const tooSmall = (why: string, budget: number) =>
  new InputError(`params.yaml: search.budget: ${why}, and the budget is ${budget} epochs; raise it`)
