/**
 * Blocks of the calendar, each with the same weeks of several years: a vector for each year, the newest year first. Vectors of one block are comparable with each
 * other; those of different blocks count alike, so they are to be of one scale.
 */
export type Strata = readonly (readonly (readonly number[])[])[]

/** Once as many random labels as this look as new as the newest year, no more are drawn. */
const enough = 10

/**
 * The probability that the newest year is as far from the others by mere chance: which year of each block is the newest one is drawn anew, independently from block
 * to block, and the greatest component of |Σ over blocks (newest − mean of the others)| compared with the true one's. Exact where the years of a block are
 * exchangeable and blocks independent, whatever the distribution: a stratified permutation test (Good 2005, "Permutation, parametric, and bootstrap tests of
 * hypotheses", ch. 3), with p = (1 + as far) / (1 + draws), or, where it ends early, as far / draws (Besag & Clifford 1991, "Sequential Monte Carlo p-values").
 */
export function permutationP(strata: Strata, draws: number, next: () => number): number {
  const width = strata[0]?.[0]?.length ?? 0
  const distances = strata.map((years) => distancesOf(years, width))
  const sums = new Float64Array(width)
  const farthest = (choose: (years: number) => number): number => {
    sums.fill(0)
    for (const years of distances) {
      const chosen = years[choose(years.length)] as Float64Array
      for (let at = 0; at < width; at++) sums[at] = (sums[at] as number) + (chosen[at] as number)
    }
    return sums.reduce((most, sum) => Math.max(most, Math.abs(sum)), 0)
  }
  // What differs in rounding only is equal.
  const seen = farthest(() => 0) * (1 - 1e-9)
  let asFar = 0
  for (let draw = 1; draw <= draws; draw++) {
    if (farthest((years) => Math.floor(next() * years)) >= seen) asFar++
    if (asFar === enough) return asFar / draw
  }
  return (1 + asFar) / (1 + draws)
}

/** Each year's vector less the mean of the other years'. */
function distancesOf(years: readonly (readonly number[])[], width: number): readonly Float64Array[] {
  const total = Array.from({ length: width }, (_, at) => years.reduce((sum, year) => sum + (year[at] as number), 0))
  const share = years.length / (years.length - 1)
  return years.map((year) =>
    Float64Array.from(year, (value, at) => share * (value - (total[at] as number) / years.length)),
  )
}

/**
 * Which of several tests are significant when the probability of *any* false one among them is to be at most `level`, however they depend on each other
 * (Holm 1979, "A simple sequentially rejective multiple test procedure").
 */
export function holm(ps: readonly number[], level: number): readonly boolean[] {
  const order = ps.map((_, index) => index).toSorted((a, b) => (ps[a] as number) - (ps[b] as number))
  const kept = order.findIndex((index, place) => (ps[index] as number) > level / (ps.length - place))
  const significant = new Set(kept < 0 ? order : order.slice(0, kept))
  return ps.map((_, index) => significant.has(index))
}
