import { inWords, type MoreData } from '../../evaluation/more-data.ts'
import { amount, percent, span } from '../../evaluation/wording.ts'
import type { Named } from '../../metric.ts'
import { labelOf } from './learning-curve.ts'
import { empty } from './marks.ts'
import { axes, chart, chartWidth, polyline, round, rounded } from './svg.ts'

/** What was learnt from one share of the training records; null where training diverged. */
export type SizePoint = {
  readonly share: number
  /** How many those are, on average over the folds. */
  readonly records: number
  /** Mean of the metric over all scored records, and by fold. */
  readonly error: number | null
  readonly folds: readonly (number | null)[]
}

/** A share as people read it: 1/8, all. */
export const shareName = (share: number): string => (share === 1 ? 'all' : `1/${Math.round(1 / share)}`)

/** The error on scored records by the number of training records, each step twice as many, with the least and the largest of the folds; `state` is what it comes to. */
export function sizeCurve(points: readonly SizePoint[], metric: Named, state: MoreData): string {
  const title = 'Learning curve by training records'
  const shown = points.flatMap(({ error, ...point }) => (error === null ? [] : [{ ...point, error }]))
  if (shown.length === 0) return empty('size-curve', title, 'Training diverged.')
  const spread = ({ folds, error }: SizePoint) => folds.map((fold) => fold ?? error ?? 0)
  const values = shown.flatMap(spread)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const x = (share: number) => Math.log2(share)
  const at = axes(
    { left: 70, top: 100, width: chartWidth - 120, height: 240 },
    {
      label: 'training records, mean of the folds; lines: least to largest fold',
      low: x(shown[0]?.share ?? 1) - 0.3,
      high: 0.3,
      ticks: shown.map(({ share, records }) => ({
        at: x(share),
        text: `${shareName(share)}: ${records.toLocaleString('en-US')}`,
      })),
    },
    { label: labelOf(metric), ...rounded(low - (high - low) / 10, high) },
  )
  return chart('size-curve', title, wordsOf(state), 396, [
    ...at.svg,
    polyline(
      shown.map(({ share, error }) => [at.x(x(share)), at.y(error)]),
      'one',
    ),
    ...shown.flatMap((point) => {
      const place = round(at.x(x(point.share)))
      const [least, most] = [Math.min(...spread(point)), Math.max(...spread(point))]
      return [
        `<line class="whisker" x1="${place}" x2="${place}" y1="${round(at.y(least))}" y2="${round(at.y(most))}"/>`,
        `<circle class="one" r="4" cx="${place}" cy="${round(at.y(point.error))}"><title>${amount(point.error)}</title></circle>`,
      ]
    }),
  ])
}

/** As much as a line holds. */
const wordsOf = ({ is, change, why }: MoreData): string =>
  change
    ? `${inWords[is]}: with all against half of them ${percent(change.estimate)} (95 %: ${span(change, percent)}).`
    : why
