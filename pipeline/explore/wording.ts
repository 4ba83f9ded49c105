import type { Came } from './changed-rows.ts'

// Made once: a page has some ten thousand numbers, and toLocaleString makes a format for each.
const large = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const small = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 })
const shares = [0, 1, 2].map((digits) => new Intl.NumberFormat('en-US', { maximumFractionDigits: digits }))

/** A number of any size with four significant digits, or all before the point, as people read it: 12,371 · 14.06 · 0.00042. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e12)) return value.toExponential(2)
  return (size < 1000 ? small : large).format(value).replace('-', '−')
}

/** A share of one as a percentage: 0.2 % · < 0.01 %. */
export function share(value: number): string {
  if (value === 0) return '0 %'
  if (value < 0.0001) return '< 0.01 %'
  return `${shares[value >= 0.1 ? 0 : value >= 0.01 ? 1 : 2]?.format(value * 100)} %`
}

/** A correlation, with its sign: +0.69. */
export function correlation(value: number): string {
  const size = Math.abs(value).toFixed(2)
  if (size === '0.00') return size
  return `${value < 0 ? '−' : '+'}${size}`
}

const weekdays = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const months = ['', 'Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The name of a phase of a cycle: Mon, Jul, 14:00. */
export function phaseName(cycle: 'hour' | 'weekday' | 'month', phase: number): string {
  if (cycle === 'hour') return `${String(phase).padStart(2, '0')}:00`
  return (cycle === 'weekday' ? weekdays : months)[phase] ?? ''
}

/** `temperature_c (°C)` */
export const withUnit = ({ name, unit }: { readonly name: string; readonly unit?: string }): string =>
  unit ? `${name} (${unit})` : name

/** A difference, with its sign: +4.2 · −31. */
export const signed = (value: number): string => (value > 0 ? `+${number(value)}` : number(value))

/** How many rows, and of what days: `365 (2023-01-01 to 2023-12-31)`. */
export const cameOf = ({ rows, span }: Came): string =>
  span ? `${number(rows)} (${span.from === span.to ? span.from : `${span.from} to ${span.to}`})` : number(rows)
