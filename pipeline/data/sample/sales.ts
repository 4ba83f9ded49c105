import { random } from '../../random.ts'
import { type Day, dayOf, isHoliday } from './calendar.ts'
import { expectedSales, noise, type Shop, shops } from './demand.ts'
import { normal } from './normal.ts'
import { makeWeather, type Station, type Weather } from './weather.ts'

/** One shop's day, with what only the generator knows: the expected sales, in units. */
export type Sale = {
  readonly day: Day
  readonly shop: Shop
  readonly holiday: boolean
  readonly promotion: boolean
  readonly units: number
  readonly expected: number
}

/** A world without flaws: each station's forecasts and each shop's sales, by day, then by name. */
export type World = {
  readonly days: readonly Day[]
  readonly weather: ReadonlyMap<Station, readonly Weather[]>
  readonly sales: readonly Sale[]
}

/** Weather has to begin before sales do: novelty compares with the week before. */
const weekBefore = 7

/**
 * Makes the world from `from` to `to` (ISO dates, inclusive). The same seed gives the same world; weather, promotions and noise have streams of their own.
 * With `carry`, from 0 to 1, a shop's noise is autoregressive of order one: a good day is followed by another; its standard deviation stays.
 */
export function makeWorld(seed: number, from: string, to: string, carry = 0): World {
  const first = dayOf(from)
  const days = range(first, dayOf(to))
  const longWeather = makeWeather(range(first - weekBefore, dayOf(to)), random(seed))
  const planned = new Map(shops.map((shop, index) => [shop, promotions(days.length, random(seed + 100 + index))]))
  const chance = random(seed + 1)
  const luck = new Map<Shop, number>()
  const sales = days.flatMap((day, index) =>
    shops.map((shop) => {
      const station = longWeather.get(shop.station) ?? []
      const holiday = isHoliday(day)
      const promotion = planned.get(shop)?.[index] ?? false
      const expected = expectedSales({
        shop,
        day,
        years: (day - first) / 365.25,
        weather: station[index + weekBefore] as Weather,
        lately: mean(station.slice(index, index + weekBefore).map(({ temperature_c }) => temperature_c)),
        holiday,
        promotion,
      })
      const before = luck.get(shop)
      const fresh = normal(chance)
      const today = before === undefined ? fresh : carry * before + Math.sqrt(1 - carry * carry) * fresh
      luck.set(shop, today)
      const units = Math.max(0, Math.round(expected + noise(expected) * today))
      return { day, shop, holiday, promotion, units, expected }
    }),
  )
  const weather = new Map([...longWeather].map(([station, series]) => [station, series.slice(weekBefore)]))
  return { days, weather, sales }
}

/** Promotions last four to seven days and fill about a twelfth of the year. */
function promotions(days: number, uniform: () => number): boolean[] {
  const plan: boolean[] = []
  while (plan.length < days) {
    const length = uniform() < 0.016 ? 4 + Math.floor(uniform() * 4) : 0
    plan.push(...Array<boolean>(length).fill(true), false)
  }
  return plan.slice(0, days)
}

const range = (first: Day, last: Day) => Array.from({ length: last - first + 1 }, (_, index) => first + index)
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
