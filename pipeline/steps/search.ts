import type { Params } from '../params.ts'
import { search as searched, type Trial } from '../training/search/methods.ts'
import type { Context } from './context.ts'
import { metricsOf, nameOf } from './log-search.ts'
import { flat } from './log-training.ts'
import { openSearch, type SearchOptions, sectionOf } from './open-search.ts'
import type { SearchTrial } from './run-trials.ts'
import { requireEpochs, withPoint } from './search-point.ts'
import { trialKey } from './search-trials.ts'

export type Searched = {
  readonly fingerprint: string
  /** Trials that were trained now, and those found finished: one file each in `folder`. */
  readonly trained: number
  readonly found: number
  readonly folder: string
  /** What `params.yaml` says now, at its full number of epochs; null in a shard that had not to do it. */
  readonly present: SearchTrial | null
  /** Of the last rung, best first. With a shard, those it has done. */
  readonly ranked: readonly SearchTrial[]
  /** All that were tried, in the order in which they were planned. */
  readonly trials: readonly SearchTrial[]
  readonly runUrl?: string
}

/**
 * The step `search`: tries values of the section `train` by cross-validation on the records before the test window, which no thread is ever given. A finished trial is kept in a file of its own: killed and
 * run again, the search goes on, no trial is done twice, and it comes to the same. Each trial is a run in MLflow, nested in the search's, as soon as it has ended. Throws InputError when params.yaml or the
 * data are not in order.
 */
export async function search(context: Context, options: SearchOptions = {}): Promise<Searched> {
  const { params, say } = context
  const { shard } = options
  const section = sectionOf(params)
  // Wrong values are told before anything is fetched or trained.
  const trainOf = (trial: Trial) => withPoint(params.train, trial)
  await searched(section, params.train.epochs, async (trials) => {
    for (const trial of trials) requireEpochs(trainOf(trial), section.method)
    return trials.map(() => 0)
  })
  const named = { name: `search, ${section.method}`, of: [params.search, params.train] }
  await using opened = await openSearch(context, options, named)
  const { fingerprint, data, folder, runner, log } = opened
  const isOurs = (index: number) => !shard || index % shard.of === shard.number - 1
  const tried = (planned: readonly Trial[], what: string) =>
    runner.run(
      planned.map((trial) => ({ ...trial, train: trainOf(trial) })),
      what,
    )
  const trials: SearchTrial[] = []
  const searching = searched(section, params.train.epochs, async (planned, rung, rungs) => {
    // What comes after the first rung depends on all of it.
    const ours = planned.filter((_, index) => isOurs(index) && (!shard || rung === 1))
    trials.push(...(await tried(ours, rungs > 1 ? `rung ${rung} of ${rungs}` : 'trials')))
    return planned.map((trial) => find(trials, trainOf(trial))?.error ?? Number.POSITIVE_INFINITY)
  })
  const now = isOurs(0) ? [{ point: {}, epochs: params.train.epochs }] : []
  const [ranked, [present = null]] = await Promise.all([searching, tried(now, 'the present values')])
  const result: Searched = {
    fingerprint,
    ...runner.count,
    folder,
    present,
    ranked: shard ? trials : ranked.flatMap((trial) => find(trials, trainOf(trial)) ?? []),
    trials: present ? [present, ...trials] : trials,
  }
  say(`search: ${result.trained} trials trained, ${result.found} found finished`)
  if (!log) return result
  const best = result.ranked[0]
  const metrics = [
    ...(best ? metricsOf(best) : []),
    ...(present?.error == null ? [] : [{ key: `present_${nameOf()}`, value: present.error }]),
  ]
  const runUrl = await log.finish({ trials: result.trials, params: { ...flat(section), data }, metrics })
  return { ...result, runUrl }
}

function find(trials: readonly SearchTrial[], train: Params['train']): SearchTrial | undefined {
  const key = trialKey({ train })
  return trials.find((trial) => trial.key === key)
}
