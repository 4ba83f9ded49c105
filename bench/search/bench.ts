import type { Params } from '../../pipeline/params.ts'
import { search } from '../../pipeline/training/search/methods.ts'
import type { Bench } from '../benches.ts'
import { median, rounded } from '../measure.ts'
import { alike, descent, epochsOfAll, opposed, type Problem, unlike } from './problems.ts'

type Method = NonNullable<Params['search']>['method']

/** Where halving is to be no worse than random search; where the best learn slowest it need not be, and its figure says what that costs. */
const problems = [
  { problem: descent, goal: true },
  { problem: alike, goal: true },
  { problem: unlike, goal: true },
  { problem: opposed, goal: false },
]

/** Successive halving against random search at the same budget, on problems whose optimum is known. */
export const searching: Bench = {
  describe: 'successive halving against random search at the same budget, where the optimum is known',
  async run({ quick, say, size = quick ? 50 : 400 }) {
    const rows = []
    const missed: string[] = []
    for (const { problem, goal } of problems)
      for (const trials of quick ? [20] : [10, 20]) {
        say(`search: ${problem.name}, ${trials} trials`)
        const pairs = []
        for (let seed = 1; seed <= size; seed++) {
          const [halving, drawn] = [
            await regretOf(problem, 'successive_halving', trials, seed),
            // Draws of its own: with the same ones, halving would see all that random search sees.
            await regretOf(problem, 'random', trials, seed + 1_000_000),
          ]
          pairs.push({ halving, drawn, log: Math.log10(halving / drawn) })
        }
        const { mean, half } = meanOf(pairs.map(({ log }) => log))
        if (goal && mean - half > 0) missed.push(`${problem.name}, ${trials} trials: worse than random search`)
        const ratio = (value: number) => rounded(10 ** value, 2)
        rows.push({
          problem: problem.name,
          budget: `${trials} trials of ${epochsOfAll} epochs`,
          'median regret, halving': Number(median(pairs.map(({ halving }) => halving)).toPrecision(3)),
          'random search': Number(median(pairs.map(({ drawn }) => drawn)).toPrecision(3)),
          'ratio (geometric mean, 95 %)': `${ratio(mean)} (${ratio(mean - half)} to ${ratio(mean + half)})`,
          better: `${Math.round((100 * pairs.filter(({ log }) => log < 0).length) / size)} %`,
        })
      }
    return {
      title: `Successive halving against random search, ${size} seeds each: how much worse than the optimum what they choose is`,
      rows,
      notes: ['The last problem is made against halving: no goal there.'],
      missed,
    }
  },
}

/** How much worse than the optimum the model of the trial is that a method chooses, by what it sees of it. */
async function regretOf({ space, make }: Problem, method: Method, trials: number, seed: number): Promise<number> {
  const outcome = make(seed % 1_000_000)
  const asked = { method, budget: { trials }, seed, space }
  const [best] = await search(asked, epochsOfAll, async (planned) =>
    planned.map(({ point, epochs }) => outcome(point, epochs).seen),
  )
  return best ? outcome(best.point, best.epochs).regret : Number.NaN
}

/** The mean, and half of its 95 % interval by the normal approximation. */
function meanOf(values: readonly number[]): { readonly mean: number; readonly half: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  return { mean, half: 1.96 * Math.sqrt(variance / values.length) }
}
