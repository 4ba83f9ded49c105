// The watch of a canary while the gateway cannot book what it does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mostEvents } from '../../pipeline/release/events-log.ts'
import { judgeSoFar, watch } from '../../pipeline/release/trial.ts'
import { judge } from '../../pipeline/release/verdict.ts'
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

for (const [what, canary, weight] of [
  ['a step that is passed', {}, 0.5],
  ['a failure', { errors: 0.5 }, 0],
] as const)
  test(`a watch that is begun again reads a long log piece by piece, and does nothing about ${what} before its end`, async () => {
    const startedAt = Date.now()
    const judged = { ...policy, startedAt, deadlineMs: 1500, atDeadline: 'hold' } as const
    const request = source(7)
    const log = Array.from({ length: 2 * mostEvents + 5 }, () => ({
      ...request({ stable: {}, canary }, 0.1),
      at: startedAt,
    }))
    const pieces = () => {
      let read = 0
      return {
        read: async () => log.slice(read++ * mostEvents, read * mostEvents),
        missing: async () => null,
        close: async () => {},
        pieces: () => read,
      }
    }
    const events = pieces()
    const ended = new AbortController()
    const given: { readonly weight: number; readonly pieces: number }[] = []
    const verdict = await watch({
      policy: judged,
      events,
      setShare: async ({ weight }) => {
        given.push({ weight, pieces: events.pieces() })
        ended.abort()
      },
      tend: async () => {},
      log: () => {},
      signal: ended.signal,
    })
    assert.deepEqual(given[0], { weight, pieces: 3 })
    const whole = judge(log, judged, startedAt)
    assert.deepEqual(verdict.evidence, whole.evidence)
    assert.deepEqual((await judgeSoFar(pieces(), judged)).evidence, whole.evidence)
  })
