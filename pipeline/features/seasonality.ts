import type { Feature } from './feature.ts'

const YEAR_DAYS = 365.25

/**
 * Sines and cosines of the day of the year: `harmonics` pairs, the first with a period of one year.
 * (Fourier terms for seasonality: Hyndman & Athanasopoulos, "Forecasting: Principles and Practice", 3rd ed., section 7.4.)
 */
export function seasonality<R>(name: string, read: (record: R) => string, harmonics: number): Feature<R, null> {
  const orders = Array.from({ length: harmonics }, (_, index) => index + 1)
  return {
    name,
    fit: () => null,
    columns: () => orders.flatMap((k) => [`${name} sin ${k}`, `${name} cos ${k}`]),
    transform: (_, record) => {
      const turn = (2 * Math.PI * (Date.parse(read(record)) / 86_400_000)) / YEAR_DAYS
      const waves: number[] = []
      for (const k of orders) waves.push(Math.sin(k * turn), Math.cos(k * turn))
      return waves
    },
    form: { kind: 'season', read, harmonics },
  }
}
