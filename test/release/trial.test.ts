// The watch of a canary while the gateway cannot book what it does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watch } from '../../pipeline/release/trial.ts'
import { policy, source, type Traffic } from './traffic.ts'

const lost = 'the gateway lost 3 events, which it could neither write nor keep'

/** One trial, with what the gateway says at each look about missing events. Where it is not the deadline that ends it, it has a minute. */
async function trial(traffic: Traffic, missing: (look: number) => string | null, deadlineMs = 60_000) {
  const request = source(5)
  const weights: number[] = []
  const lines: string[] = []
  let looks = 0
  const verdict = await watch({
    policy: { ...policy, startedAt: Date.now(), deadlineMs, atDeadline: 'hold' },
    events: {
      read: async () => {
        const weight = weights.at(-1) ?? 0
        return weight === 0 ? [] : Array.from({ length: 800 }, () => ({ ...request(traffic, weight), at: Date.now() }))
      },
      missing: async () => missing(++looks),
      close: async () => {},
    },
    setShare: async ({ weight }) => void weights.push(weight),
    tend: async () => {},
    log: (line) => lines.push(line),
  })
  return { verdict, weights, lines }
}

test('events that are lost hold a canary that looks well in its step, with the reason', async () => {
  const { verdict, weights, lines } = await trial({ stable: {}, canary: {} }, () => lost, 500)
  assert.equal(verdict.verdict, 'hold')
  assert.equal(verdict.reason, `the deadline passed without the evidence to promote: ${lost}`)
  assert.deepEqual([verdict.step, weights], [0, [0.1, 0]])
  assert.deepEqual(lines, [`canary at 10 % (step 1 of 2): ${lost}`])
})

test('events that are lost do not save a canary that fails', async () => {
  const { verdict } = await trial({ stable: {}, canary: { errors: 1 } }, () => lost)
  assert.equal(verdict.verdict, 'roll back')
  assert.match(verdict.reason, /^errors: /)
  assert.equal(verdict.evidence.missing, lost)
})

test('the weight is set again every second; one that could not be is tried again', async () => {
  const set: number[] = []
  const { verdict } = await watch({
    policy: { ...policy, startedAt: Date.now(), deadlineMs: 5400, atDeadline: 'hold' },
    events: { read: async () => [], missing: async () => null, close: async () => {} },
    setShare: async ({ weight }) => {
      set.push(weight)
      if (set.length === 2) throw new Error('the gateway is gone')
    },
    tend: async () => {},
    log: () => {},
  })
  // At the beginning, and after each second but the last, which ends it; a slow machine misses some.
  assert.ok(set.length >= 4 && set.length <= 7, `${set}`)
  assert.deepEqual([verdict, set], ['hold', [...set.slice(1).map(() => 0.1), 0]])
})

test('once what could not be written is written after all, the trial goes on to its end', async () => {
  const { verdict, weights } = await trial({ stable: {}, canary: {} }, (look) =>
    look < 5 ? 'the gateway cannot write events (ENOSPC)' : null,
  )
  assert.deepEqual([verdict.verdict, verdict.evidence.missing, weights], ['promote', null, [0.1, 0.5]])
})
