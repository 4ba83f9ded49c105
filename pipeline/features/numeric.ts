import type { Feature } from './feature.ts'

type Scale = { readonly mean: number; readonly sd: number }

/** A number, standardised: (x − mean) / standard deviation over the training records. A constant is left at 0. */
export function numeric<R>(name: string, read: (record: R) => number): Feature<R, Scale> {
  return {
    name,
    fit: (records) => scaleOf(records.map(read)),
    columns: () => [name],
    transform: (scale, record) => [(read(record) - scale.mean) / scale.sd],
    form: { kind: 'scaled', read },
  }
}

/** The mean of the last `days` values of a history that the record carries (oldest first), standardised. */
export function movingAverage<R>(
  name: string,
  read: (record: R) => readonly number[],
  days: number,
): Feature<R, Scale> {
  const mean = (record: R) => {
    const window = read(record).slice(-days)
    return window.reduce((sum, value) => sum + value, 0) / window.length
  }
  return { ...numeric(name, mean), form: { kind: 'average', read, days } }
}

/**
 * Time since the first training record, in decades (3,652.5 days): lets a model learn a trend that goes on after training. Decades, not years: what a network
 * has learnt is continued outside of its training window only as far as weights have grown, and a small input keeps the untrained ones out of it.
 */
export function decadesSince<R>(name: string, read: (record: R) => string): Feature<R, { readonly origin: string }> {
  return {
    name,
    fit: (records) => ({ origin: records.map(read).reduce((first, date) => (date < first ? date : first)) }),
    columns: () => [name],
    transform: ({ origin }, record) => [(Date.parse(read(record)) - Date.parse(origin)) / (3652.5 * 86_400_000)],
    form: { kind: 'decades', read },
  }
}

/** A truth: 1 or 0. */
export function flag<R>(name: string, read: (record: R) => boolean): Feature<R, null> {
  return {
    name,
    fit: () => null,
    columns: () => [name],
    transform: (_, record) => [read(record) ? 1 : 0],
    form: { kind: 'truth', read },
  }
}

function scaleOf(values: readonly number[]): Scale {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
  return { mean, sd: sd > 0 ? sd : 1 }
}
