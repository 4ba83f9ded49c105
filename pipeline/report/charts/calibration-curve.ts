import type { CalibrationBin } from '../../evaluation/calibration.ts'
import { empty } from './marks.ts'
import { axes, chart, chartWidth, polyline, round, rounded } from './svg.ts'

/** Bins of predictions: what was predicted and what happened on average, with the interval of what happened. On the dashed line they are equal. */
export function calibrationCurve(bins: readonly CalibrationBin[], unit: string): string {
  const title = 'Calibration'
  if (bins.length === 0) return empty('calibration', title, 'There are no held-out records.')
  // The interval is of predicted − actual.
  const ends = bins.map(({ predicted, bias }) => [predicted - bias.high, predicted - bias.low] as const)
  const values = [...bins.flatMap(({ predicted, actual }) => [predicted, actual]), ...ends.flat()]
  const range = rounded(Math.min(...values), Math.max(...values))
  const at = axes(
    { left: 70, top: 100, width: chartWidth - 120, height: 300 },
    { label: `predicted, ${unit}`, ...range },
    { label: `actual, ${unit}`, ...range },
  )
  const x = ({ predicted }: CalibrationBin) => round(at.x(predicted))
  return chart(
    'calibration',
    title,
    `${bins.length} bins of predictions, with intervals; on the dashed line, what was predicted happens.`,
    454,
    [
      ...at.svg,
      `<line class="guide" x1="${round(at.x(range.low))}" y1="${round(at.y(range.low))}" x2="${round(at.x(range.high))}" y2="${round(at.y(range.high))}"/>`,
      polyline(
        bins.map(({ predicted, actual }) => [at.x(predicted), at.y(actual)]),
        'one',
      ),
      ...bins.flatMap((bin, index) => {
        const [low, high] = ends[index] ?? [bin.actual, bin.actual]
        return [
          `<line class="whisker" x1="${x(bin)}" x2="${x(bin)}" y1="${round(at.y(low))}" y2="${round(at.y(high))}"/>`,
          `<circle class="one" r="3.5" cx="${x(bin)}" cy="${round(at.y(bin.actual))}"/>`,
        ]
      }),
    ],
  )
}
