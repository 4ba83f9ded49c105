import { hash, randomInt } from 'node:crypto'

/**
 * Makes the draws of one stream: the k-th is the first 48 bits of SHA-256("seed:k") as a number in [0, 1), k = 0, 1, …
 * Any draw can be computed again from the seed alone, and no client can guess the next from those it saw.
 */
export function createDraws(seed: number): () => number {
  let k = 0
  return () => {
    const bits = hash('sha256', `${seed}:${k}`, 'buffer').readUIntBE(0, 6)
    k += 1
    return bits / 2 ** 48
  }
}

/** A seed nobody chose. */
export const freshSeed = (): number => randomInt(2 ** 48 - 1)
