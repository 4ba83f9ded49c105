/**
 * Seeded uniform numbers in [0, 1): sfc32 (Chris Doty-Humphrey's Small Fast Counter from PractRand), seeded by three constants and `seed`,
 * the first twelve outputs dropped as its author does. The same seed gives the same numbers on every machine.
 */
export function random(seed: number): () => number {
  let a = 0x9e3779b9 | 0
  let b = 0x243f6a88 | 0
  let c = seed | 0
  let counter = 1
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 12; i++) next()
  return next
}

/** The numbers 0 … n − 1 in random order (Fisher–Yates, as in Knuth, TAOCP 2, 3.4.2 P). */
export function shuffled(n: number, next: () => number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, index) => index)
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1))
    const held = order[i] as number
    order[i] = order[j] as number
    order[j] = held
  }
  return order
}
