import type { Feature } from './feature.ts'

/** One column a category seen in training, sorted; a category never seen is all zeros. */
export function oneHot<R>(
  name: string,
  read: (record: R) => string,
): Feature<R, { readonly categories: readonly string[] }> {
  return {
    name,
    fit: (records) => ({ categories: [...new Set(records.map(read))].sort() }),
    columns: ({ categories }) => categories.map((category) => `${name}=${category}`),
    transform: ({ categories }, record) => categories.map((category) => (category === read(record) ? 1 : 0)),
    form: { kind: 'category', read },
  }
}

/** The day of the week of an ISO date (UTC), one column a day. */
export function weekday<R>(name: string, read: (record: R) => string): Feature<R, null> {
  const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
  return {
    name,
    fit: () => null,
    columns: () => days.map((day) => `${name}=${day}`),
    transform: (_, record) => {
      const today = new Date(read(record)).getUTCDay()
      return days.map((__, day) => (day === today ? 1 : 0))
    },
    form: { kind: 'weekday', read },
  }
}
