import { html } from '../escape.ts'

/** A value's place on the page. */
export type Scale = (value: number) => number
export type Panel = { readonly left: number; readonly top: number; readonly width: number; readonly height: number }
export type Axis = {
  readonly label: string
  readonly low: number
  readonly high: number
  readonly ticks?: readonly Tick[]
}
export type Tick = { readonly at: number; readonly text: string }

/** All charts are this wide, in SVG units; they scale with the page. */
export const chartWidth = 720

const style = `
.chart { --paper: #fff; --ink: #1f2328; --faint: #59636e; --rule: #e1e6eb; --one: #0969da; --two: #bc4c00; font: 13px system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', sans-serif; }
@media (prefers-color-scheme: dark) { .chart { --paper: #0d1117; --ink: #e6edf3; --faint: #9198a1; --rule: #262c36; --one: #4493f8; --two: #f0883e; } }
.chart .paper { fill: var(--paper); } .chart text { fill: var(--faint); } .chart .head { fill: var(--ink); font-size: 15px; font-weight: 600; }
.chart .rule { stroke: var(--rule); } .chart .base { stroke: var(--faint); } .chart .one { fill: var(--one); } .chart .two { fill: var(--two); }
.chart .dots circle { fill: var(--one); fill-opacity: .35; } .chart .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.chart .line.one { fill: none; stroke: var(--one); } .chart .line.two { fill: none; stroke: var(--two); } .chart .whisker { stroke: var(--ink); stroke-width: 1.5; stroke-opacity: .65; } .chart .guide { stroke: var(--faint); stroke-dasharray: 4 4; }
`

/** A whole chart with its title and description, for eyes and for screen readers; `name` makes their ids and must be unique on a page. */
export function chart(
  name: string,
  title: string,
  description: string,
  height: number,
  body: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" width="${chartWidth}" height="${height}" viewBox="0 0 ${chartWidth} ${height}" role="img" aria-labelledby="${name}-title ${name}-description">`,
    `<title id="${name}-title">${html(title)}</title>`,
    `<desc id="${name}-description">${html(description)}</desc>`,
    `<style>${style}</style>`,
    `<rect class="paper" width="${chartWidth}" height="${height}"/>`,
    `<text class="head" x="20" y="30">${html(title)}</text>`,
    `<text x="20" y="51">${html(description)}</text>`,
    ...body,
    '</svg>',
  ].join('\n')
}

/** The panel's axes, and the scales to place things by. */
export function axes(
  panel: Panel,
  x: Axis,
  y: Axis,
): { readonly x: Scale; readonly y: Scale; readonly svg: readonly string[] } {
  const { left, top, width, height } = panel
  const toX = linear(x.low, x.high, left, left + width)
  const toY = linear(y.low, y.high, top + height, top)
  const svg = [
    ...(y.ticks ?? ticks(y.low, y.high, 5)).flatMap(({ at, text }) => [
      `<line class="rule" x1="${left}" x2="${left + width}" y1="${round(toY(at))}" y2="${round(toY(at))}"/>`,
      label(left - 8, toY(at) + 4, text, 'end'),
    ]),
    ...(x.ticks ?? ticks(x.low, x.high, Math.max(3, Math.round(width / 90)))).map(({ at, text }) =>
      label(toX(at), top + height + 18, text, 'middle'),
    ),
    `<line class="base" x1="${left}" x2="${left + width}" y1="${top + height}" y2="${top + height}"/>`,
    label(left + width / 2, top + height + 38, x.label, 'middle'),
    label(left - 8, top - 14, y.label, 'start', -40),
  ]
  return { x: toX, y: toY, svg }
}

export function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end', shift = 0): string {
  return `<text x="${round(Math.max(4, x + shift))}" y="${round(y)}" text-anchor="${anchor}">${html(text)}</text>`
}

/** Around `count` round numbers between `low` and `high`: steps of 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number, count: number): readonly Tick[] {
  const rough = (high - low) / count
  if (!(rough > 0) || !Number.isFinite(rough)) return [{ at: low, text: String(low) }]
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const at = (first + index) * step
    const text = at.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    return { at, text: /[1-9]/.test(text) ? text.replace('-', '−') : '0' }
  })
}

/** The smallest range of round numbers that holds both. */
export function rounded(low: number, high: number): { readonly low: number; readonly high: number } {
  if (!(high > low)) return { low: Math.min(0, low), high: Math.max(low, 0) + 1 }
  const [first, second] = ticks(low, high, 5)
  const step = (second?.at ?? high) - (first?.at ?? low) || 1
  return { low: Math.floor(low / step) * step, high: Math.ceil(high / step) * step }
}

export function polyline(points: readonly (readonly [number, number])[], kind: 'one' | 'two'): string {
  return `<polyline class="line ${kind}" points="${points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')}"/>`
}

/** At most `most` of the items, evenly spread: a chart of a million records is no better and never loads. */
export function thin<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items
  return Array.from({ length: most }, (_, index) => items[Math.floor((index * items.length) / most)] as T)
}

export const round = (value: number): number => Math.round(value * 10) / 10

const linear =
  (low: number, high: number, from: number, to: number): Scale =>
  (value) =>
    from + ((value - low) / (high - low || 1)) * (to - from)
