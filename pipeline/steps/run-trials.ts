import type { Trial } from '../training/search/methods.ts'
import type { RunTrial, Work } from '../training/search/threads.ts'
import type { Context } from './context.ts'
import { type KeptTrial, keepTrial, readTrial, trialKey } from './search-trials.ts'

type Planned = Trial &
  Work & {
    /** As people are told of it; what is left out has a name made of its key. */
    readonly name?: string
  }

/** One trial of a search: the values that were tried, and what they came to. */
export type SearchTrial = Planned & {
  readonly key: string
  /** Mean of the task's metric over all scored records, and by fold; null where training diverged. */
  readonly error: number | null
  readonly folds: readonly (number | null)[]
}

/** Does trials that were not done yet, keeps each as it is finished, then tells `onTrial`, and counts those done now and those found. */
export function trialRunner(
  { progress }: Pick<Context, 'progress'>,
  folder: string,
  folds: number,
  run: RunTrial,
  onTrial: (trial: SearchTrial) => void = () => {},
) {
  const count = { trained: 0, found: 0 }
  // Two points may be the same training, as the present values and one of a grid are: it is done once.
  const doing = new Map<string, Promise<KeptTrial>>()
  let best = Number.POSITIVE_INFINITY

  async function doOne({ train, share }: Work, onFold: () => void): Promise<KeptTrial> {
    const work: Work = share === undefined || share === 1 ? { train } : { train, share }
    const known = await readTrial(folder, work, folds)
    if (known) {
      count.found++
      return known
    }
    const kept = { ...work, scores: await run(work, onFold) }
    await keepTrial(folder, kept)
    count.trained++
    return kept
  }

  return {
    count,
    /** `what` names the trials in lines of progress. */
    async run(planned: readonly Planned[], what: string): Promise<readonly SearchTrial[]> {
      let [trials, trainedFolds] = [0, 0]
      const tell = () => {
        const least = Number.isFinite(best) ? `, best so far ${best.toFixed(3)}` : ''
        progress(`search: ${what}: ${trials} of ${planned.length} trials done (${trainedFolds} folds trained)${least}`)
      }
      return Promise.all(
        planned.map(async (trial) => {
          const key = trialKey(trial)
          const onFold = () => {
            trainedFolds++
            tell()
          }
          const done = doing.get(key) ?? doOne(trial, onFold)
          doing.set(key, done)
          const { scores } = await done
          const error = meanError(scores)
          best = Math.min(best, error ?? Number.POSITIVE_INFINITY)
          trials++
          tell()
          const ended = { ...trial, key, error, folds: scores.map((score) => score.error) }
          onTrial(ended)
          return ended
        }),
      )
    },
  }
}

function meanError(scores: KeptTrial['scores']): number | null {
  let [sum, records] = [0, 0]
  for (const score of scores) {
    if (score.error === null) return null
    sum += score.error * score.records
    records += score.records
  }
  return sum / records
}
