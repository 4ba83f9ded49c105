import { type Account, bet, openAccount, perWeight } from './account.ts'
import { bins } from './event.ts'

const patience = 1000

/** An alternative: how many times likelier each bin is on the canary than on stable; the mean over equally filled bins is 1. */
type Alternative = { readonly ratio: readonly number[]; readonly prior: number }

// The ratios are computed once, when the module is loaded; while requests are judged there is only + − × ÷.
const ranks = Array.from({ length: bins }, (_, bin) => (bin + 0.5) / bins)
// Normal quantile of a rank, good to 0.01 within (0.02, 0.98): Tukey's lambda distribution, scaled.
const normal = ranks.map((rank) => 4.91 * (rank ** 0.14 - (1 - rank) ** 0.14))

const tilts = [0.2, 0.4, 0.8, 1.6].flatMap((d) => [d, -d]).map((d) => normalised(normal.map((z) => Math.exp(d * z))))
const spreads = [0.35, -0.5].map((g) => normalised(normal.map((z) => Math.exp(g * z * z))))
const heaps = [0.9, 0.3, 0.1].flatMap((f) =>
  ranks.map((_, heap) => ranks.map((_, bin) => 1 - f + (bin === heap ? f * bins : 0))),
)
const alternatives: readonly Alternative[] = [...shared(0.55, tilts), ...shared(0.15, spreads), ...shared(0.3, heaps)]

export type ShiftTest = {
  readonly account: Account
  readonly factors: (weight: number) => Factors
  /** The bins of stable's newest predictions, `remembered` of them at most. */
  readonly newest: number[]
  /** What a request without a prediction counts as, at a weight, until stable predicts again. */
  none: { readonly weight: number; readonly factors: Float64Array } | null
}
type Factors = {
  readonly onStable: readonly Float64Array[]
  readonly onCanary: readonly Float64Array[]
  /** For each alternative the least of `onStable`. */
  readonly least: Float64Array
}
const remembered = 20

/** `tolerance` ≥ 1: a density ratio between the arms, in any bin, that is no reason to roll back. */
export function openShiftTest(tolerance: number): ShiftTest {
  const account = openAccount(
    alternatives.map((alternative) => alternative.prior),
    patience,
  )
  return { account, factors: tables(tolerance), newest: [], none: null }
}

/**
 * One prediction in bin `bin` of its own model's reference predictions, drawn for the canary with probability `weight`. A model that differs from
 * the other as the gate saw fills its own bins as evenly as the other its own; one that behaves otherwise in production than under the gate
 * does not. Inputs that drift move both arms.
 */
export function observePrediction(test: ShiftTest, canary: boolean, bin: number, weight: number): void {
  const { onCanary, onStable } = test.factors(weight)
  if (!canary) {
    if (test.newest.push(bin) > remembered) test.newest.shift()
    test.none = null
  }
  bet(test.account, (canary ? onCanary : onStable)[bin] as Float64Array)
}

/**
 * A request drawn for stable that got no prediction. To leave it out would make the canary answer more than its share of what is left, in every bin, and where stable alone fails a good canary
 * would be blamed for that. So it counts as what stable's newest predictions were on average, or as the worst that it could have been where there were too few, and never for the bettor. Each uses one of them
 * up: a few predictions that stood for a whole outage would be so many votes of the same chance. While the canary goes without a prediction no more often than stable, the bets are then expected not to
 * grow: a canary's are left out, which loses the bettor more than it could gain.
 */
export function observeNoPrediction(test: ShiftTest, weight: number): void {
  if (test.none?.weight !== weight) test.none = { weight, factors: meanOfNewest(test, weight) }
  bet(test.account, test.none.factors)
  if (test.newest.shift() !== undefined) test.none = null
}

function meanOfNewest({ factors, newest }: ShiftTest, weight: number): Float64Array {
  const { onStable, least } = factors(weight)
  const unknown = remembered - newest.length
  return least.map((worst, k) => {
    let sum = unknown * worst
    for (const bin of newest) sum += (onStable[bin] as Float64Array)[k] as number
    return Math.min(1, sum / remembered)
  })
}

// A table takes longer than a hundred requests: it is computed once for all tests of a tolerance.
const tables = perWeight((tolerance) => perWeight((weight) => factorsAt(weight, tolerance)))

function factorsAt(weight: number, tolerance: number): Factors {
  const factor = (canary: boolean, ratio: number) => {
    // The alternative is held against the nearest ratio that is tolerated, not against 1.
    const tolerated = Math.min(tolerance, Math.max(1 / tolerance, ratio))
    const likelihood = (r: number) => (canary ? r : 1) / (1 + weight * (r - 1))
    return likelihood(ratio) / likelihood(tolerated)
  }
  const table = (canary: boolean) =>
    ranks.map((_, bin) => Float64Array.from(alternatives, ({ ratio }) => factor(canary, ratio[bin] as number)))
  const onStable = table(false)
  const least = Float64Array.from(alternatives, (_, k) => Math.min(...onStable.map((factors) => factors[k] as number)))
  return { onStable, onCanary: table(true), least }
}

function normalised(ratio: readonly number[]): number[] {
  const mean = ratio.reduce((sum, value) => sum + value, 0) / bins
  return ratio.map((value) => value / mean)
}

function shared(prior: number, ratios: readonly (readonly number[])[]): Alternative[] {
  return ratios.map((ratio) => ({ ratio, prior: prior / ratios.length }))
}
