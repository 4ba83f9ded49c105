import type { Interval } from './bootstrap.ts'

/** A number in units of the target, as people read it: 2,920 · 148.3 · 31.25 · 0.0421. */
export function amount(value: number): string {
  if (!Number.isFinite(value)) return 'no number'
  const size = Math.abs(value)
  const digits =
    size >= 1000 || size === 0 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : Math.min(6, 2 - Math.floor(Math.log10(size)))
  return signed(value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }))
}

/** A percentage: 2.3 % · −0.04 % · 1,200 %. */
export function percent(value: number): string {
  const size = Math.abs(value)
  const digits = size >= 100 || size === 0 ? 0 : size >= 0.95 ? 1 : 2
  return `${signed(value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }))} %`
}

/** A percentage that somebody set, as they wrote it: 2 % · 0.5 %. */
export const setting = (value: number): string => `${Number(value.toPrecision(6))} %`

export const whole = (value: number): string => signed(Math.round(value).toLocaleString('en-US'))

/** `−3.1 % to −1.4 %`, for any format. */
export const span = ({ low, high }: Interval, format: (value: number) => string): string =>
  `${format(low)} to ${format(high)}`

/** `2.3 % less than` or `0.4 % more than`. */
export const moreOrLess = (value: number): string =>
  value === 0 ? 'the same as' : `${percent(Math.abs(value))} ${value < 0 ? 'less' : 'more'} than`

/** A true minus sign, and no minus before a zero that was rounded to. */
const signed = (text: string): string => (/^-[0.,]*$/.test(text) ? text.slice(1) : text.replace('-', '−'))
