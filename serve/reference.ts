import type { Profile } from '../pipeline/tracking/bundle.ts'

/** What the verdict needs of a bundle's profile: the inner edges of equally likely bins of the model's own reference predictions, ties, and their range. */
export type Reference = Pick<Profile, 'quantiles' | 'ties' | 'minimum' | 'maximum'>

/**
 * The reference bin of a prediction: how many edges are not above it; 0–19 for the 19 edges of a profile. One that many reference predictions share is given
 * a bin by `draw` (uniform in [0, 1)), as often as its share of them falls into each: so the bins of a model that behaves as on its reference are equally full,
 * ties or not (randomised probability integral transform; Rüschendorf 2009, "On the distributional transform, Sklar's theorem, and the empirical copula process").
 */
export function referenceBin(
  { quantiles, ties = [] }: Reference,
  prediction: number,
  draw: () => number = Math.random,
): number {
  const tie = ties.find(({ value }) => value === prediction)
  if (tie) {
    const rank = tie.below + draw() * (tie.upTo - tie.below)
    return Math.min(quantiles.length, Math.floor(rank * (quantiles.length + 1)))
  }
  let low = 0
  let high = quantiles.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((quantiles[middle] as number) <= prediction) low = middle + 1
    else high = middle
  }
  return low
}

/** Whether any prediction lies outside the range of the reference predictions. */
export function outOfRange({ minimum, maximum }: Reference, predictions: readonly number[]): boolean {
  return predictions.some((prediction) => !(prediction >= minimum && prediction <= maximum))
}
