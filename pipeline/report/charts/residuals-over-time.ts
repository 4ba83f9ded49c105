import type { HeldOut } from '../../evaluation/held-out.ts'
import { dots, empty, isFinitePair, mostPoints } from './marks.ts'
import { axes, chart, chartWidth, polyline, round, rounded, thin } from './svg.ts'

const dayInMs = 86_400_000

/** Prediction − actual of each held-out record by its day, and the mean of each week as a line: drift shows as a line that leaves 0. */
export function residualsOverTime(records: readonly HeldOut[], unit: string): string {
  const all = records
    .filter((record) => isFinitePair(record) && Number.isFinite(Date.parse(record.time)))
    .map(({ time, actual, prediction }) => ({
      day: Math.floor(Date.parse(time) / dayInMs),
      error: prediction - actual,
    }))
  const title = 'Errors over time'
  if (all.length === 0) return empty('residuals', title, 'There are no held-out records.')
  const shown = thin(all, mostPoints)
  const days = all.reduce(([from, to], { day }) => [Math.min(from, day), Math.max(to, day)] as const, [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ] as const)
  const range = rounded(
    Math.min(0, ...shown.map(({ error }) => error)),
    Math.max(0, ...shown.map(({ error }) => error)),
  )
  const at = axes(
    { left: 70, top: 100, width: chartWidth - 120, height: 240 },
    { label: 'day', low: days[0], high: Math.max(days[1], days[0] + 1), ticks: dates(days[0], days[1]) },
    { label: `predicted − actual, ${unit}`, ...range },
  )
  return chart(
    'residuals',
    title,
    `Dots: ${shown.length} of ${all.length} held-out records. Line: mean of each week; above 0 the model says too much.`,
    396,
    [
      ...at.svg,
      `<line class="guide" x1="70" x2="${chartWidth - 50}" y1="${round(at.y(0))}" y2="${round(at.y(0))}"/>`,
      dots(shown.map(({ day, error }) => [at.x(day), at.y(error)])),
      polyline(
        weekly(all, days).map(({ day, mean }) => [at.x(day), at.y(mean)]),
        'two',
      ),
    ],
  )
}

function weekly(
  all: readonly { day: number; error: number }[],
  [from, to]: readonly [number, number],
): readonly { day: number; mean: number }[] {
  // Of many years' weeks, several are taken together.
  const length = 7 * Math.max(1, Math.ceil((to - from) / 7 / 400))
  const sums = new Map<number, { sum: number; count: number }>()
  for (const { day, error } of all) {
    const week = Math.floor((day - from) / length)
    const { sum, count } = sums.get(week) ?? { sum: 0, count: 0 }
    sums.set(week, { sum: sum + error, count: count + 1 })
  }
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([week, { sum, count }]) => ({ day: Math.min(to, from + (week + 0.5) * length), mean: sum / count }))
}

function dates(from: number, to: number) {
  const count = Math.min(6, to - from + 1)
  return Array.from({ length: count }, (_, index) => {
    const day = from + Math.round((index * (to - from)) / Math.max(1, count - 1))
    return { at: day, text: new Date(day * dayInMs).toISOString().slice(0, 10) }
  })
}
