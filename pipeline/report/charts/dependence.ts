import type { Dependence } from '../../evaluation/partial-dependence.ts'
import { amount } from '../../evaluation/wording.ts'
import { html } from '../escape.ts'
import { empty } from './marks.ts'
import { axes, chart, polyline, round, rounded } from './svg.ts'

const mostFields = 20
const [width, height] = [240, 130]

/** A panel for each field, the first 20, all on one scale: the mean prediction when all records have that value. */
export function dependenceChart(fields: readonly Dependence[], unit: string): string {
  const shown = fields.slice(0, mostFields)
  const title = 'Partial dependence'
  if (shown.length === 0) return empty('dependence', title, 'There is no field of few values or of numbers.')
  const all = shown.flatMap(({ points }) => points.map(({ prediction }) => prediction))
  const range = rounded(Math.min(...all), Math.max(...all))
  const body = shown.flatMap(({ field, points }, index) => {
    const panel = { left: 70 + (index % 2) * 350, top: 110 + Math.floor(index / 2) * 230, width, height }
    const numbers = points.map(({ value }) => Number(value))
    const isNumeric = points.every(({ value }, at) => value !== '' && Number.isFinite(numbers[at]))
    const y = { label: field, ...range }
    if (isNumeric) {
      const x = { label: '', low: Math.min(...numbers), high: Math.max(...numbers) }
      const at = axes(panel, x, y)
      return [
        ...at.svg,
        polyline(
          points.map(({ prediction }, place) => [at.x(numbers[place] as number), at.y(prediction)]),
          'one',
        ),
      ]
    }
    const at = axes(panel, { label: '', low: 0, high: points.length, ticks: [] }, y)
    const room = width / points.length
    return [
      ...at.svg,
      ...points.map(
        ({ value, prediction }, place) =>
          `<rect class="one" x="${round(at.x(place) + room * 0.15)}" y="${round(at.y(Math.max(prediction, 0)))}" width="${round(room * 0.7)}" height="${round(Math.abs(at.y(0) - at.y(prediction)))}" rx="2"><title>${html(`${field} = ${value}: ${amount(prediction)} ${unit}`.trimEnd())}</title></rect>`,
      ),
      ...points.map(({ value }, place) => slanted(at.x(place + 0.5), panel.top + height + 16, value)),
    ]
  })
  const rows = Math.ceil(shown.length / 2)
  return chart(
    'dependence',
    title,
    `What is predicted on average${unit ? `, in ${unit},` : ''} when all records have that value of a field.`,
    90 + rows * 230,
    body,
  )
}

/** Text from the lower left up to its place: values side by side have little room. */
function slanted(x: number, y: number, value: string): string {
  const text = value.length > 12 ? `${value.slice(0, 11)}…` : value
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="end" transform="rotate(-35 ${round(x)} ${round(y)})">${html(text)}</text>`
}
