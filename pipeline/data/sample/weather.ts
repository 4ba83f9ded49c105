import { angleOf, type Day } from './calendar.ts'
import { normal } from './normal.ts'

/** The forecast for one day at one station, rounded the way it is published: sales depend on these very numbers. */
export type Weather = { readonly temperature_c: number; readonly rain_mm: number; readonly sunshine_h: number }

/** How a station's temperature differs from the region's: its mean in °C, and by what factor its summers and winters are apart. */
const stations = {
  city: { warmer: 1.2, swing: 1.05 },
  coast: { warmer: 0.4, swing: 0.85 },
  hills: { warmer: -1.8, swing: 1 },
  lake: { warmer: 0.2, swing: 0.95 },
} as const

export type Station = keyof typeof stations
export const stationNames = Object.keys(stations) as Station[]

/**
 * Daily forecasts of all stations. Temperature is a yearly wave (14 ± 10 °C, warmest late in July) plus a regional and a local disturbance that
 * both fade day by day (autoregressive of order one: 0.8 and 0.5). Clouds are a third one; they bring rain, take sunshine, and cool.
 */
export function makeWeather(days: readonly Day[], uniform: () => number): ReadonlyMap<Station, readonly Weather[]> {
  const region = disturbance(0.8, 2.6, uniform)
  const sky = disturbance(0.55, 1, uniform)
  const local = new Map(stationNames.map((name) => [name, disturbance(0.5, 0.7, uniform)]))
  const series = new Map(stationNames.map((name) => [name, [] as Weather[]]))
  for (const day of days) {
    const warmth = region()
    const clouds = sky()
    for (const name of stationNames) {
      series.get(name)?.push(forecast(day, name, warmth + (local.get(name)?.() ?? 0), clouds, uniform))
    }
  }
  return series
}

function forecast(day: Day, station: Station, anomaly: number, regionalClouds: number, uniform: () => number): Weather {
  const { warmer, swing } = stations[station]
  const clouds = regionalClouds + 0.4 * normal(uniform)
  const season = Math.cos(angleOf(day) - angleOf(205))
  const daylight = 12.2 + 4 * Math.cos(angleOf(day) - angleOf(172))
  const raining = clouds > 0.5
  return {
    temperature_c: rounded(14 + warmer + 10 * swing * season + anomaly - 1.2 * clouds),
    rain_mm: raining ? rounded((clouds - 0.5) * 7 * -Math.log(1 - uniform())) : 0,
    sunshine_h: rounded(daylight / (1 + Math.exp(1.6 * clouds))),
  }
}

/** An autoregressive series of order one with standard deviation `sd`. */
function disturbance(carry: number, sd: number, uniform: () => number): () => number {
  const fresh = sd * Math.sqrt(1 - carry * carry)
  let value = sd * normal(uniform)
  return () => {
    value = carry * value + fresh * normal(uniform)
    return value
  }
}

const rounded = (value: number) => Math.round(value * 10) / 10
