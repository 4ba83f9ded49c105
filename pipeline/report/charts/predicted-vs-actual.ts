import type { HeldOut } from '../../evaluation/held-out.ts'
import { dots, empty, isFinitePair, mostPoints } from './marks.ts'
import { axes, chart, chartWidth, round, rounded, thin } from './svg.ts'

/** Each held-out record as a dot: what was, and what the model said. On the dashed line they are equal. */
export function predictedVsActual(records: readonly HeldOut[], unit: string): string {
  const shown = thin(records.filter(isFinitePair), mostPoints)
  const title = 'Predicted and actual'
  if (shown.length === 0) return empty('predicted-actual', title, 'There are no held-out records.')
  const values = shown.flatMap(({ actual, prediction }) => [actual, prediction])
  const range = rounded(Math.min(...values), Math.max(...values))
  const at = axes(
    { left: 70, top: 100, width: chartWidth - 120, height: 330 },
    { label: `actual, ${unit}`, ...range },
    { label: `predicted, ${unit}`, ...range },
  )
  return chart(
    'predicted-actual',
    title,
    `${shown.length} of ${records.length} held-out records; on the dashed line are those predicted exactly.`,
    484,
    [
      ...at.svg,
      `<line class="guide" x1="${round(at.x(range.low))}" y1="${round(at.y(range.low))}" x2="${round(at.x(range.high))}" y2="${round(at.y(range.high))}"/>`,
      dots(shown.map(({ actual, prediction }) => [at.x(actual), at.y(prediction)])),
    ],
  )
}
