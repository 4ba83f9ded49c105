import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { blockBootstrap } from '../../pipeline/evaluation/bootstrap.ts'
import { percentMore } from '../../pipeline/evaluation/daily.ts'
import { loadParams, type Params } from '../../pipeline/params.ts'
import type { Bench } from '../benches.ts'
import { rounded } from '../measure.ts'
import { type DataSet, friedman, linear, type Split, splitsOf } from './data-sets.ts'
import { algorithmsFor, predictedHere } from './ours.ts'

const root = join(import.meta.dirname, '../..')
const names = ['ridge', 'perceptron'] as const

/** Predictions by split, then by seed, then by test record. */
type Predicted = readonly (readonly (readonly number[])[])[]

/** Our ridge and perceptron against scikit-learn's, with the settings of params.yaml, on the same splits of the same numbers. */
export const scikit: Bench = {
  describe: 'ridge and perceptron against scikit-learn’s: error on the same splits, paired intervals',
  async run({ quick, say, size: seeds = quick ? 1 : 5 }) {
    const { train, evaluate_gate: policy } = loadParams(root)
    // The only first weights that scikit-learn has; and its penalty is another, of the last layer too and of other weight in a last, smaller batch.
    const network = { ...train.network, initializer: 'glorot_uniform' as const, l2: 0 }
    const params = { ...train, network, ...(quick && { epochs: 3 }) }
    const folder = await mkdtemp(join(tmpdir(), 'mergeline-scikit-'))
    try {
      const breasts = await scikitSide<Pick<DataSet, 'rows' | 'targets'>>('data')
      const sets = [
        ...(quick ? [linear(300)] : [linear(1000), friedman(1000)]),
        { name: 'breast cancer, two classes', classes: true, ...breasts },
      ]
      const folds = quick ? 2 : 5
      const rows = []
      const missed = []
      for (const set of sets) {
        const splits = splitsOf(set, folds)
        const fits = await algorithmsFor(join(folder, set.name), set.classes)
        say(`scikit: ${set.name}: scikit-learn`)
        const file = join(folder, 'task.json')
        await writeFile(file, JSON.stringify(taskOf(set, splits, params, seeds)))
        const theirs = await scikitSide<{ readonly [of in (typeof names)[number]]: Predicted }>(file)
        for (const algorithm of names) {
          say(`scikit: ${set.name}: our ${algorithm}`)
          const drawn = Array.from({ length: algorithm === 'ridge' ? 1 : seeds }, (_, at) => at + 1)
          const ours: number[][][] = []
          for (const split of splits) {
            const bySeed: number[][] = []
            for (const seed of drawn)
              bySeed.push(await predictedHere(fits[algorithm], split, set.classes, { ...params, algorithm, seed }))
            ours.push(bySeed)
          }
          const [own, other] = [errorsOf(splits, ours), errorsOf(splits, theirs[algorithm])]
          const more = blockBootstrap([own, other], ([a = 0, b = 0]) => percentMore(a, b), { ...policy, blockDays: 1 })
          // As shown: the two of ridge differ by rounding alone.
          const low = rounded(more.low, 2)
          if (low > 0) missed.push(`${algorithm} on ${set.name} is worse than scikit-learn’s`)
          rows.push({
            data: set.name,
            algorithm,
            ours: rounded(mean(own), 4),
            'scikit-learn': rounded(mean(other), 4),
            [`ours is more by, % (${100 * policy.confidence} %)`]: `${rounded(more.estimate, 2)} (${low} to ${rounded(more.high, 2)})`,
            'predictions furthest apart': Number(furthest(ours, theirs[algorithm]).toPrecision(2)),
          })
        }
      }
      return {
        title: `Mean squared error: of amounts as a share of their variance, of probabilities the Brier score; ${folds} folds, networks of ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`,
        rows,
        notes: [
          'Both: the penalty, hidden units, learning rate with its cosine, epochs and batch size of params.yaml, none tuned to these data, no penalty on networks, and Glorot’s first weights, which are all that scikit-learn has. Intervals are over records, paired; the seeds are averaged before.',
        ],
        missed: quick ? [] : missed,
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}

/** What scikit-learn is told. */
function taskOf({ classes }: DataSet, splits: readonly Split[], params: Params['train'], seeds: number) {
  const { network, ridge, epochs, batch_size: batch } = params
  const { hidden, learning_rate: rate } = network
  return { splits, classes, seeds, penalty: ridge.penalty, hidden, rate, epochs, batch }
}

async function scikitSide<T>(what: string): Promise<T> {
  // scikit-learn comes with MLflow.
  const command = [join(import.meta.dirname, 'peers', 'sklearn_side.py'), what]
  const env = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' }
  const { stdout } = await execa(join(root, '.venv', 'bin', 'python'), command, { env, maxBuffer: 1e9 })
  return JSON.parse(stdout) as T
}

/** The squared error of each test record, its mean over seeds. */
function errorsOf(splits: readonly Split[], predicted: Predicted): Float64Array {
  const errors = new Float64Array(splits.reduce((sum, { which }) => sum + which.length, 0))
  for (const [at, { which, test }] of splits.entries())
    for (const [row, record] of which.entries())
      for (const by of predicted[at] ?? [])
        errors[record] =
          (errors[record] ?? 0) +
          ((by[row] ?? Number.NaN) - (test.targets[row] ?? 0)) ** 2 / (predicted[at]?.length ?? 1)
  return errors
}

const mean = (errors: Float64Array) => errors.reduce((sum, error) => sum + error, 0) / errors.length

function furthest(ours: Predicted, theirs: Predicted): number {
  const other = theirs.flat(2)
  return ours.flat(2).reduce((most, value, at) => Math.max(most, Math.abs(value - (other[at] ?? Number.NaN))), 0)
}
