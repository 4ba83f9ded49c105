import { hash, randomInt } from 'node:crypto'

// 48 bits a draw: as many as a number in [0, 1) can be compared with exactly, and five to a digest.
const bytes = 6
const perDigest = 5

/**
 * Makes the draws of one stream: the k-th is the (k mod 5)-th 48 bits of SHA-256("seed:⌊k/5⌋") as a number in [0, 1), k = 0, 1, …
 * Any draw can be computed again from the seed alone, and no client can guess the next from those it saw.
 */
export function createDraws(seed: number): () => number {
  let k = 0
  let digest = Buffer.alloc(0)
  return () => {
    const at = k % perDigest
    if (at === 0) digest = hash('sha256', `${seed}:${k / perDigest}`, 'buffer')
    k += 1
    return digest.readUIntBE(at * bytes, bytes) / 2 ** 48
  }
}

/** A seed nobody chose. */
export const freshSeed = (): number => randomInt(2 ** 48 - 1)
