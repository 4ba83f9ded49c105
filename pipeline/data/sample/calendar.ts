/** Days are numbered from 1970-01-01 (UTC). */
export type Day = number

const msPerDay = 86_400_000

export const dayOf = (iso: string): Day => Date.parse(iso) / msPerDay
export const isoOf = (day: Day): string => new Date(day * msPerDay).toISOString().slice(0, 10)
/** 0 is Sunday. 1970-01-01 was a Thursday. */
export const weekdayOf = (day: Day): number => (((day + 4) % 7) + 7) % 7
/** The angle of the day in its year of 365.25 days, in radians, 0 on 1 January 1970. */
export const angleOf = (day: Day): number => (2 * Math.PI * (day % 365.25)) / 365.25

/** Easter Sunday of a Gregorian year (Anonymous algorithm, Nature 13, 1876). */
function easter(year: number): Day {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const d = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30
  const e = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - d - (c % 4)) % 7
  const f = d + e - 7 * Math.floor((a + 11 * d + 22 * e) / 451) + 114
  return Date.UTC(year, Math.floor(f / 31) - 1, (f % 31) + 1) / msPerDay
}

/** Public holidays: eight fixed ones, and five that move with Easter. */
export function isHoliday(day: Day): boolean {
  const iso = isoOf(day)
  const fixed = ['01-01', '01-06', '05-01', '06-24', '08-15', '11-01', '12-25', '12-26']
  return fixed.includes(iso.slice(5)) || [-2, 1, 39, 50, 60].includes(day - easter(Number(iso.slice(0, 4))))
}
