/** The 95th percentile of so many measurements; Infinity where more than 5 % found nothing. */
export function ninetyFifth(all: readonly number[]): number {
  const sorted = [...all].sort((a, b) => a - b)
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Infinity
}

/** The one-sided upper 95 % bound of a rate of which `hits` of `n` were seen: Clopper & Pearson 1934, by bisection on the binomial's lower tail. */
export function upperBound(hits: number, n: number): number {
  let low = hits / n
  let high = 1
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (lowerTail(hits, n, middle) > 0.05) low = middle
    else high = middle
  }
  return high
}

/** P(X ≤ hits) of a binomial, from the logarithms of its terms. */
function lowerTail(hits: number, n: number, p: number): number {
  if (p >= 1) return hits >= n ? 1 : 0
  let term = n * Math.log1p(-p)
  let sum = Math.exp(term)
  for (let k = 0; k < hits; k++) {
    term += Math.log((n - k) / (k + 1)) + Math.log(p) - Math.log1p(-p)
    sum += Math.exp(term)
  }
  return Math.min(1, sum)
}

export const count = (value: number): string =>
  Number.isFinite(value) ? value.toLocaleString('en-US', { maximumFractionDigits: 0 }) : 'not found'

export const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`

/** Sums the figures of several parts, property by property; lists are joined. */
export function together<T extends { readonly [name: string]: number | number[] }>(parts: readonly T[]): T {
  const sum: { [name: string]: number | number[] } = {}
  for (const part of parts)
    for (const [name, value] of Object.entries(part)) {
      const before = sum[name]
      sum[name] = Array.isArray(value)
        ? [...(Array.isArray(before) ? before : []), ...value]
        : (typeof before === 'number' ? before : 0) + value
    }
  return sum as T
}
