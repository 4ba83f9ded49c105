import type { GateResult } from '../../evaluation/gate.ts'
import type { SliceResult } from '../../evaluation/slices.ts'
import { amount } from '../../evaluation/wording.ts'
import { html } from '../escape.ts'
import { empty } from './marks.ts'
import { axes, chart, chartWidth, label, round, rounded } from './svg.ts'

const mostBars = 40

/** The metric by slice as bars, the champion's as a mark across: a bar that passes its mark is worse than before. */
export function errorBySlice(slices: readonly SliceResult[], { name, unit }: GateResult['metric']): string {
  const shown = slices.slice(0, mostBars)
  const title = 'Error by slice'
  if (shown.length === 0) return empty('error-by-slice', title, 'There are no slices.')
  const hasChampion = shown.some(({ champion }) => champion !== undefined)
  const most = rounded(0, Math.max(...shown.flatMap(({ candidate, champion = 0 }) => [candidate, champion])))
  const panel = { left: 210, top: 68, width: chartWidth - 350, height: shown.length * 26 }
  const middle = (index: number) => panel.top + index * 26 + 13
  const at = axes(
    panel,
    { label: unit ? `${name}, ${unit}` : name, ...most },
    { label: '', low: 0, high: 1, ticks: [] },
  )
  const legend = hasChampion
    ? 'Bars and numbers: the candidate. Marks, and in brackets: the champion.'
    : 'Bars: the candidate.'
  return chart(
    'error-by-slice',
    title,
    `${legend}${shown.length < slices.length ? ` The first ${shown.length} of ${slices.length} slices.` : ''}`,
    panel.top + panel.height + 56,
    [
      ...at.svg,
      ...shown.flatMap(({ slice, value, candidate, champion }, index) => [
        label(200, middle(index) + 4, `${slice}: ${shorten(value)}`, 'end'),
        `<rect class="one" x="${panel.left}" y="${middle(index) - 8}" width="${round(at.x(candidate) - panel.left)}" height="16" rx="2"><title>${html(`${slice} = ${value}: ${amount(candidate)} ${unit}`.trimEnd())}</title></rect>`,
        ...(champion === undefined
          ? []
          : [`<rect class="two" x="${round(at.x(champion) - 1.5)}" y="${middle(index) - 11}" width="3" height="22"/>`]),
        label(chartWidth - 20, middle(index) + 4, numbers(candidate, champion), 'end'),
      ]),
    ],
  )
}

const numbers = (candidate: number, champion?: number) =>
  `${amount(candidate)}${champion === undefined ? '' : ` (${amount(champion)})`}`
const shorten = (value: string) => (value.length > 18 ? `${value.slice(0, 17)}…` : value)
