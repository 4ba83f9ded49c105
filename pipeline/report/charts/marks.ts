import type { HeldOut } from '../../evaluation/held-out.ts'
import { chart, round } from './svg.ts'

/** Beyond this many dots a chart says no more. */
export const mostPoints = 1500

/** A chart that has nothing to show says so. */
export function empty(name: string, title: string, words: string): string {
  return chart(name, title, words, 72, [])
}

export function dots(points: readonly (readonly [number, number])[]): string {
  return `<g class="dots">${points.map(([x, y]) => `<circle r="2.5" cx="${round(x)}" cy="${round(y)}"/>`).join('')}</g>`
}

export const isFinitePair = ({ actual, prediction }: HeldOut): boolean =>
  Number.isFinite(actual) && Number.isFinite(prediction)
