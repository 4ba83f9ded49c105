import { angleOf, type Day, weekdayOf } from './calendar.ts'
import type { Station, Weather } from './weather.ts'

type Kind = 'leisure' | 'town' | 'work'

export type Shop = {
  readonly name: string
  readonly station: Station
  readonly kind: Kind
  /** Units on a hot, dry, ordinary day. */
  readonly level: number
  /** How far the season alone, whatever the weather, lifts summer and lowers winter. */
  readonly seasonal: number
  /** How much of the shop is out in the open: rain hurts it that much. */
  readonly open: number
}

export const shops: readonly Shop[] = [
  { name: 'harbour', station: 'coast', kind: 'leisure', level: 620, seasonal: 0.35, open: 1 },
  { name: 'hilltop', station: 'hills', kind: 'leisure', level: 240, seasonal: 0.25, open: 0.9 },
  { name: 'lakeside', station: 'lake', kind: 'leisure', level: 460, seasonal: 0.4, open: 1.1 },
  { name: 'market', station: 'city', kind: 'town', level: 380, seasonal: 0.15, open: 0.7 },
  { name: 'old-town', station: 'city', kind: 'town', level: 510, seasonal: 0.2, open: 0.6 },
  { name: 'promenade', station: 'coast', kind: 'leisure', level: 760, seasonal: 0.3, open: 1 },
  { name: 'station', station: 'city', kind: 'work', level: 330, seasonal: 0.05, open: 0.2 },
  { name: 'university', station: 'hills', kind: 'work', level: 290, seasonal: 0, open: 0.4 },
]

/** Factors from Sunday to Saturday, and on a public holiday. */
const weeks: { readonly [kind in Kind]: { readonly days: readonly number[]; readonly holiday: number } } = {
  leisure: { days: [1.5, 0.85, 0.82, 0.88, 0.93, 1.1, 1.45], holiday: 1.4 },
  town: { days: [1.1, 0.9, 0.92, 0.95, 1, 1.12, 1.35], holiday: 1.15 },
  work: { days: [0.6, 1.05, 1.08, 1.1, 1.08, 1.05, 0.7], holiday: 0.65 },
}

/** Sales grow by this much a year, in natural logarithms. */
const growth = 0.006

export type Situation = {
  readonly shop: Shop
  readonly day: Day
  /** Since the first day of the data. */
  readonly years: number
  readonly weather: Weather
  /** Mean temperature of the seven days before, in °C. */
  readonly lately: number
  readonly holiday: boolean
  readonly promotion: boolean
}

/**
 * Expected sales in units. Everything multiplies, so no linear model comes near: warmth sells along a logistic curve that saturates (and turns down
 * in great heat, when people stay in), the first warm days sell better than the tenth, rain keeps people from open shops.
 */
export function expectedSales({ shop, day, years, weather, lately, holiday, promotion }: Situation): number {
  const warmth = logistic((weather.temperature_c - 18) / 4)
  const heat = (0.1 + 0.9 * warmth) * (1 - 0.3 * logistic((weather.temperature_c - 31) / 1.5))
  const novelty = Math.exp(0.1 * Math.tanh((weather.temperature_c - lately) / 5))
  const rain = Math.exp(-0.3 * shop.open * Math.log1p(weather.rain_mm))
  const sun = Math.exp(0.02 * (weather.sunshine_h - 7))
  const season = Math.exp(shop.seasonal * Math.cos(angleOf(day) - angleOf(196)))
  const week = weeks[shop.kind]
  const calendar = (week.days[weekdayOf(day)] ?? 1) * (holiday ? week.holiday : 1)
  const offer = promotion ? 1.25 + 0.25 * warmth : 1
  return shop.level * Math.exp(growth * years) * heat * novelty * rain * sun * season * calendar * offer
}

/**
 * Standard deviation of sales in units around the expected: chance of single customers (as Poisson's, √mean) and of days (15 % of the mean).
 * It is all that cannot be known from a record, and independent from record to record (but in a world made with `carry`).
 */
export const noise = (expected: number): number => Math.sqrt(expected + (0.15 * expected) ** 2)

const logistic = (x: number) => 1 / (1 + Math.exp(-x))
