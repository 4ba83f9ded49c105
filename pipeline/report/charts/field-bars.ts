import type { Interval } from '../../evaluation/bootstrap.ts'
import { empty } from './marks.ts'
import { axes, chart, chartWidth, label, round, rounded } from './svg.ts'

/** A field's number, with its interval where it has one. */
export type FieldBar = { readonly field: string; readonly value: number; readonly interval?: Interval }

const mostBars = 30

/** A bar for each field, the first 30; `name` makes ids and must be unique on a page. */
export function fieldBars(
  name: string,
  title: string,
  words: string,
  axis: string,
  bars: readonly FieldBar[],
  format: (value: number) => string,
): string {
  const shown = bars.slice(0, mostBars)
  if (shown.length === 0) return empty(name, title, 'There are no fields to show.')
  const values = shown.flatMap(({ value, interval }) => [value, interval?.low ?? value, interval?.high ?? value])
  const range = rounded(Math.min(0, ...values), Math.max(0, ...values))
  const panel = { left: 190, top: 68, width: chartWidth - 300, height: shown.length * 26 }
  const at = axes(panel, { label: axis, ...range }, { label: '', low: 0, high: 1, ticks: [] })
  const zero = at.x(0)
  return chart(name, title, words, panel.top + panel.height + 56, [
    ...at.svg,
    ...shown.flatMap(({ field, value, interval }, index) => {
      const middle = panel.top + index * 26 + 13
      const [from, to] = [Math.min(zero, at.x(value)), Math.max(zero, at.x(value))]
      return [
        label(180, middle + 4, field.length > 24 ? `${field.slice(0, 23)}…` : field, 'end'),
        `<rect class="one" x="${round(from)}" y="${middle - 8}" width="${round(Math.max(1, to - from))}" height="16" rx="2"/>`,
        ...(interval
          ? [
              `<line class="whisker" x1="${round(at.x(interval.low))}" x2="${round(at.x(interval.high))}" y1="${middle}" y2="${middle}"/>`,
            ]
          : []),
        label(chartWidth - 20, middle + 4, format(value), 'end'),
      ]
    }),
  ])
}
