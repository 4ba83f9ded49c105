import type { RolloutEvent } from '../../pipeline/release/event.ts'

/** What a rule says after another request; once it is true it stays so. */
export type Rule = { readonly observe: (event: RolloutEvent) => void; readonly back: () => boolean }

/** What a window's figure is made of. */
export type Metric = 'errors' | 'slow' | 'prediction'

const isBad = (event: RolloutEvent, metric: Metric) => (metric === 'errors' ? event.status !== 200 : event.ms > 250)

/**
 * A fixed threshold on the canary's success rate, as Argo Rollouts' documentation sets one up (`successCondition: result[0] >= 0.95`): a measurement for each window, and
 * the default `failureLimit` of 0, so the first failed measurement aborts. https://argo-rollouts.readthedocs.io/en/stable/features/analysis/
 */
export function threshold(metric: Metric, atLeast: number, window: number): Rule {
  let seen = 0
  let good = 0
  let back = false
  return {
    observe(event) {
      if (event.arm !== 'canary' || metric === 'prediction') return
      seen += 1
      if (!isBad(event, metric)) good += 1
      if (seen < window) return
      back ||= good / seen < atLeast
      seen = 0
      good = 0
    },
    back: () => back,
  }
}

/** The figures of one arm, one a window: the share of bad requests, or the mean prediction (as its quantile). */
function windowed(metric: Metric, window: number) {
  const figures: number[] = []
  let seen = 0
  let sum = 0
  return {
    figures,
    observe(event: RolloutEvent) {
      if (metric === 'prediction' && event.bin === null) return
      seen += 1
      sum += metric === 'prediction' ? ((event.bin as number) + 0.5) / 20 : isBad(event, metric) ? 1 : 0
      if (seen < window) return
      figures.push(sum / seen)
      seen = 0
      sum = 0
    },
  }
}

/**
 * Mann & Whitney's test as Kayenta's judge uses it: one figure a window and arm, judged once after `windows` windows of the canary. A metric is "High" (or, for predictions, "Low") where
 * the 98 % confidence interval of the shift lies beyond a quarter of its Hodges-Lehmann estimate. github.com/spinnaker/spinnaker, kayenta-judge, MannWhitneyClassifier.scala
 * (tolerance 0.25) and NetflixACAJudge.scala (confLevel 0.98).
 */
export function mannWhitney(metric: Metric, window: number, windows: number): Rule {
  const canary = windowed(metric, window)
  const stable = windowed(metric, window)
  let back = false
  let judged = false
  return {
    observe(event) {
      if (judged) return
      const arm = event.arm === 'canary' ? canary : stable
      arm.observe(event)
      if (canary.figures.length < windows || stable.figures.length === 0) return
      judged = true
      // As many of stable's windows, the newest: both series cover the same hour.
      back = differs(canary.figures, stable.figures.slice(-windows), metric === 'prediction')
    },
    back: () => back,
  }
}

/** Whether the shift's 98 % interval (normal approximation to the order statistics of all differences, as R's wilcox.test) clears a quarter of its estimate. */
export function differs(a: readonly number[], b: readonly number[], bothWays: boolean): boolean {
  const differences = Float64Array.from(a.flatMap((x) => b.map((y) => x - y))).sort()
  const all = differences.length
  const spread = 2.3263 * Math.sqrt((all * (a.length + b.length + 1)) / 12)
  const low = Math.max(0, Math.floor(all / 2 - spread))
  const lower = differences[low] as number
  const upper = differences[all - 1 - low] as number
  const estimate =
    ((differences[Math.floor((all - 1) / 2)] as number) + (differences[Math.ceil((all - 1) / 2)] as number)) / 2
  const critical = 0.25 * Math.abs(estimate)
  return lower > critical || (bothWays && upper < -critical)
}

/**
 * The bound: a test that was told the very fault beforehand and may spend all of α on it. It bets on each event the likelihood ratio of the fault, and nothing else (Wald 1945, "Sequential tests
 * of statistical hypotheses"); `ratioOf` is how many times likelier such an event is on the canary, or null where it tells nothing.
 */
export function knowing(alpha: number, ratioOf: (event: RolloutEvent) => number | null): Rule {
  let worth = 1
  let back = false
  return {
    observe(event) {
      const ratio = ratioOf(event)
      if (ratio === null) return
      worth *= (event.arm === 'canary' ? ratio : 1) / (1 + event.weight * (ratio - 1))
      back ||= worth >= 1 / alpha
    },
    back: () => back,
  }
}
