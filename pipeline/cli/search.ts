import { InputError } from '../errors.ts'
import type { Context } from '../steps/context.ts'
import type { SearchOptions } from '../steps/open-search.ts'
import type { SearchTrial } from '../steps/run-trials.ts'
import type { Searched } from '../steps/search.ts'
import { inColumns } from './columns.ts'
import { type Answer, type Call, contextOf, text, type Verb } from './verb.ts'

/** Of the last rung, so many are shown; `--json` has all. */
const shown = 10

/** The verb `search`: which values of the section train are best, by cross-validation. */
export const searchVerb = {
  what: 'try values of the section train by cross-validation, and tell the best',
  more: [
    'What is tried, how and for how long: section search of params.yaml. Test records are not touched. The values that are there now are tried as well, to compare. Interrupted or killed and run again, it goes on: no trial is done twice.',
    'With a shard it does its part of the first rung only, on one of several machines: bring what they leave in .mergeline/search/ together, and run it once more without.',
  ],
  options: {
    workers: {
      type: 'string',
      value: 'n',
      what: 'threads that train (default: one for each core); the result is the same',
    },
    shard: { type: 'string', value: 'k/n', what: 'only the k-th of n parts, as 1/4' },
    'learning-curve': {
      type: 'boolean',
      what: 'instead: what would more data bring? The present values, learnt from 1/8, 1/4, 1/2 and all of the training records',
    },
    untracked: { type: 'boolean', what: 'log nothing in MLflow, and start none' },
    write: { type: 'boolean', what: 'put the best values into params.yaml, where they are better than its own' },
  },
  run: async (call) => {
    const options = { ...workersOf(call), ...shardOf(call) }
    const write = call.options['write'] === true
    if (write && 'shard' in options)
      throw new InputError('search: --shard does a part, and --write needs all; leave out one of them')
    if (call.options['learning-curve'] === true) return curve(call, options, write)
    const { search } = await import('../steps/search.ts')
    const { inYaml, writeParams } = await import('../steps/write-params.ts')
    const { metric } = await import('../task/judge.ts')
    const found = await search(await searchContextOf(call), options)
    const better = betterThanPresent(found)
    if (write && better) await writeParams(call.root, better.point)
    const json = { ...found, better: better?.point ?? null, written: write && better !== undefined }
    const values = Object.entries(better?.point ?? {}).map(([key, value]) => `  ${key}: ${inYaml(value)}`)
    const next = !better
      ? ['Nothing that was tried is better than what params.yaml says now: leave it as it is.']
      : write
        ? ['Written into params.yaml, section train:', ...values, 'Next: npm run train']
        : ['Next: put these into params.yaml, section train (--write does):', ...values]
    const text = 'shard' in options ? describeShard(found) : [...describe(found, metric.name), '', ...next]
    return { code: 0, json, text: text.join('\n') }
  },
} as const satisfies Verb

async function searchContextOf(call: Call): Promise<Context> {
  const context = await contextOf(call)
  return call.options['untracked'] === true ? { ...context, tracking: null } : context
}

async function curve(call: Call, options: SearchOptions, write: boolean): Promise<Answer> {
  if (write || options.shard)
    throw new InputError(
      `search: --learning-curve tries the present values only; leave out --${write ? 'write' : 'shard'}`,
    )
  const { learningCurve } = await import('../steps/learning-curve.ts')
  const { describeCurve } = await import('./learning-curve.ts')
  const { metric } = await import('../task/judge.ts')
  const json = await learningCurve(await searchContextOf(call), options)
  return { code: 0, json, text: describeCurve(json, metric).join('\n') }
}

function workersOf(call: Call): { readonly workers?: number } {
  const asked = text(call, 'workers', '')
  if (asked === '') return {}
  if (!/^[1-9]\d{0,2}$/.test(asked))
    throw new InputError(`search: --workers must be a number from 1 to 999, got ${JSON.stringify(asked)}`)
  return { workers: Number(asked) }
}

function shardOf(call: Call): { readonly shard?: { readonly number: number; readonly of: number } } {
  const asked = text(call, 'shard', '')
  if (asked === '') return {}
  const [number = 0, of = 0] = (/^(\d{1,3})\/(\d{1,3})$/.exec(asked) ?? []).slice(1).map(Number)
  if (number < 1 || number > of)
    throw new InputError(`search: --shard must be as 1/4, the first of four, got ${JSON.stringify(asked)}`)
  return { shard: { number, of } }
}

function betterThanPresent({ ranked, present }: Searched): SearchTrial | undefined {
  const [best] = ranked
  if (!best || best.error === null || best.key === present?.key) return undefined
  return best.error < (present?.error ?? Number.POSITIVE_INFINITY) ? best : undefined
}

/** What is best, one part of the trials cannot tell. */
const describeShard = ({ trials, trained, folder }: Searched) => [
  `search: trials of this shard: ${trials.length}, trained now: ${trained}`,
  `Its files are in ${folder}.`,
]

function describe({ ranked, present, trials, trained, runUrl }: Searched, metric: string): readonly string[] {
  const keys = Object.keys(ranked[0]?.point ?? {})
  const figure = (value: number | null) => (value === null ? 'diverged' : value.toFixed(3))
  const row = (name: string, { error, folds, epochs, point, train }: SearchTrial) => [
    name,
    figure(error),
    folds.map(figure).join(' '),
    String(epochs),
    ...keys.map((key) => JSON.stringify(point[key] ?? valueAt(train, key))),
  ]
  const rows = [
    ['', metric, 'by fold', 'epochs', ...keys],
    ...ranked.slice(0, shown).map((trial, index) => row(String(index + 1), trial)),
    ...(present ? [row('now', present)] : []),
  ]
  const best = ranked[0]
  const wins =
    present && best?.folds.filter((error, fold) => error !== null && error < (present.folds[fold] ?? Infinity))
  return [
    `search: ${trials.length} trials, ${trained} of them trained now, ${best?.folds.length ?? 0} folds`,
    '',
    ...inColumns(rows).map((line) => `  ${line}`),
    '',
    ...(wins && best && present && best.key !== present.key
      ? [
          `The best is better than what params.yaml says now in ${wins.length} of ${best.folds.length} folds. It was chosen among many for its error here, so expect less elsewhere; the gate judges on records that no trial has seen.`,
        ]
      : []),
    ...(runUrl ? [`MLflow: ${runUrl}`] : []),
  ]
}

function valueAt(train: object, key: string): unknown {
  return key.split('.').reduce<unknown>((at, part) => (at as { [key: string]: unknown } | undefined)?.[part], train)
}
