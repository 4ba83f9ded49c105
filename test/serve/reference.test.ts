// Models that predict the same value often: most never predict below 0.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normal } from '../../pipeline/data/sample/normal.ts'
import { random } from '../../pipeline/random.ts'
import { createVerdict } from '../../pipeline/release/verdict.ts'
import { profileOf } from '../../pipeline/training/profile.ts'
import { referenceBin } from '../../serve/reference.ts'
import { policy } from '../release/traffic.ts'
import { most, repetitions } from '../repetitions.ts'

/** Predictions of which this share is exactly 0: the lowest ones, as where a model is cut off at 0, or any, as where it has a favourite. */
type Model = { readonly ties: number; readonly cut: boolean }

function predictions(next: () => number, { ties, cut }: Model): () => number {
  const sorted = Array.from({ length: 20_000 }, () => normal(next)).sort((a, b) => a - b)
  const lowest = sorted[Math.floor(ties * sorted.length)] as number
  return () => {
    const value = normal(next)
    if (!cut) return next() < ties ? 0.5 : value
    return Math.max(0, value - lowest)
  }
}

test('equally full bins, however many predictions are the same', () => {
  for (const cut of [true, false])
    for (const ties of [0, 0.03, 0.12, 0.5, 1]) {
      const next = random(2)
      const predict = predictions(next, { ties: Math.min(ties, 0.99), cut })
      const reference = Array.from({ length: 20_000 }, predict)
      const profile = profileOf(reference)
      const counts = new Array(20).fill(0)
      for (const value of reference) counts[referenceBin(profile, value, next)] += 1
      // 1,000 are expected in each; 4.5 standard deviations.
      for (const count of counts) assert.ok(Math.abs(count - 1000) < 140, `${ties} ${cut}: ${counts.join(' ')}`)
    }
})

test('a constant model fills all bins with its one value, and with no other', () => {
  const next = random(3)
  const profile = profileOf([7, 7, 7, 7])
  const bins = new Set(Array.from({ length: 2000 }, () => referenceBin(profile, 7, next)))
  assert.equal(bins.size, 20)
  assert.deepEqual([referenceBin(profile, 6.9), referenceBin(profile, 7.1)], [0, 19])
})

/** How many rollouts of 10,000 requests are rolled back where stable and canary each behave as on their own reference, or the canary as `shown`. */
function rolledBack(rollouts: number, stable: Model, canary: Model, shown = canary): number {
  let back = 0
  for (let seed = 1; seed <= rollouts; seed++) {
    const next = random(seed)
    const profileFor = (model: Model) => profileOf(Array.from({ length: 2000 }, predictions(next, model)))
    const [own, other] = [profileFor(canary), profileFor(stable)]
    const [predict, predictStable] = [predictions(next, shown), predictions(next, stable)]
    const weight = 0.1
    const verdict = createVerdict({ ...policy, minRequests: Number.MAX_SAFE_INTEGER })
    for (let n = 1; n <= 10_000; n++) {
      const arm = next() < weight ? 'canary' : 'stable'
      const bin = arm === 'canary' ? referenceBin(own, predict(), next) : referenceBin(other, predictStable(), next)
      verdict.observe({ n, at: n, arm, weight, status: 200, ms: 5, bin, out: 0 })
    }
    if (verdict.read(0).verdict === 'roll back') back += 1
  }
  return back
}

test('ties of the same value, in either model, are no shift', (t) => {
  const rollouts = repetitions(15)
  for (const cut of [true, false])
    for (const ties of [0.05, 0.1, 0.15]) {
      const [without, tied] = [
        { ties: 0, cut: false },
        { ties, cut },
      ]
      const back = [rolledBack(rollouts, without, tied), rolledBack(rollouts, tied, without)]
      t.diagnostic(
        `${Math.round(ties * 100)} % ${cut ? 'cut off' : 'of one value'}: ${back.join(' and ')} of ${rollouts} rolled back`,
      )
      for (const count of back) assert.ok(count <= most(policy.alpha, rollouts), `${count} of ${rollouts} rolled back`)
    }
})

test('more ties than the reference had are one', () => {
  const tied = { ties: 0.1, cut: true }
  assert.equal(rolledBack(5, tied, tied, { ties: 0.4, cut: true }), 5)
})
