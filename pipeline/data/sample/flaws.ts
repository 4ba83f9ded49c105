import { dayOf, isoOf } from './calendar.ts'
import type { World } from './sales.ts'
import { type Station, stationNames } from './weather.ts'

/** A CSV row: text by column; an empty text is a value that did not arrive. */
export type Row = { readonly [column: string]: string }
export type Tables = { readonly sales: readonly Row[]; readonly weather: readonly Row[] }

const missingShare = 0.004
const missingSalesShare = 0.001
const stuck = { station: 'lake', from: dayOf('2019-05-06'), days: 12 } as const
const spikes = { station: 'city', from: dayOf('2020-10-03'), days: 15, every: 3, by: 18 }
/** Deliveries (one day of all shops or stations each) that came twice, and that came a day late. */
const twice = { sales: ['2019-03-14', '2021-08-20', '2022-11-02'], weather: ['2018-09-09', '2021-08-20'] }
const late = { sales: ['2018-12-27', '2020-06-11'], weather: ['2020-06-11', '2022-02-03'] }

/** The world as it is delivered: with the flaws of real data, rare enough for the contract. Sales were made by the true forecasts. */
export function deliver(world: World, uniform: () => number): Tables {
  const lost = (value: string, share: number) => (uniform() < share ? '' : value)
  const weather = world.days.flatMap((day, index) =>
    stationNames.map((station) => {
      const forecast = world.weather.get(station)?.[index]
      if (!forecast) throw new Error(`no weather at ${station} on ${isoOf(day)}`)
      return {
        date: isoOf(day),
        station,
        temperature_c: lost(sensor(station, day, forecast.temperature_c, world).toFixed(1), missingShare),
        rain_mm: lost(forecast.rain_mm.toFixed(1), missingShare),
        sunshine_h: lost(forecast.sunshine_h.toFixed(1), missingShare),
      }
    }),
  )
  const sales = world.sales.map(({ day, shop, units, holiday, promotion }) => ({
    date: isoOf(day),
    shop: shop.name,
    station: shop.station,
    units_sold: lost(String(units), missingSalesShare),
    holiday: String(holiday),
    promotion: String(promotion),
  }))
  return {
    sales: misdeliver(sales, twice.sales, late.sales),
    weather: misdeliver(weather, twice.weather, late.weather),
  }
}

function sensor(station: Station, day: number, truth: number, world: World): number {
  if (station === stuck.station && day >= stuck.from && day < stuck.from + stuck.days) {
    return world.weather.get(stuck.station)?.[stuck.from - (world.days[0] ?? 0)]?.temperature_c ?? truth
  }
  const since = day - spikes.from
  const spiking = station === spikes.station && since >= 0 && since < spikes.days && since % spikes.every === 0
  return spiking ? truth + spikes.by : truth
}

function misdeliver(rows: readonly Row[], doubled: readonly string[], delayed: readonly string[]): Row[] {
  const days = [...Map.groupBy(rows, ({ date }) => date ?? '')]
  for (const date of delayed) {
    const at = days.findIndex(([day]) => day === date)
    const next = days[at + 1]
    const day = days[at]
    if (day && next) days.splice(at, 2, next, day)
  }
  for (const date of doubled) {
    const at = days.findIndex(([day]) => day === date)
    const day = days[at]
    if (day) days.splice(at + 1, 0, day)
  }
  return days.flatMap(([, group]) => group)
}
