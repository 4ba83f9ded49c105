import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FastifyBaseLogger } from 'fastify'
import { Histogram, Registry } from 'prom-client'
import { addHistogram } from '../../serve/histogram.ts'
import { refusalLog } from '../../serve/refusal-log.ts'

test('is read as prom-client’s own histogram of the same values would be', async () => {
  const buckets = [0.1, 0.5, 1, 10]
  const value = fc.oneof(fc.constantFrom(...buckets, 0, -1, 11), fc.double({ min: -1, max: 20, noNaN: true }))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(value, fc.constantFrom('a', 'b "c"')), { minLength: 1 }), async (values) => {
      const [ours, theirs] = [new Registry(), new Registry()]
      const options = { name: 'seconds', help: 'Seconds.', buckets }
      const mine = addHistogram(ours, { ...options, label: 'route' })
      const other = new Histogram({ ...options, labelNames: ['route'], registers: [theirs] })
      for (const registry of [ours, theirs]) registry.setDefaultLabels({ digest: 'd' })
      for (const [value, route] of values) {
        mine.observe(value, route)
        other.observe({ route }, value)
      }
      const lines = async (registry: Registry) =>
        (await registry.metrics())
          .split('\n')
          .map((line) => line.replace(/\{(.*)\}/, (_, labels: string) => labels.split(',').sort().join(',')))
          .sort()
      assert.deepEqual(await lines(ours), await lines(theirs))
    }),
    { numRuns: 50, seed: 1 },
  )
})

test('a histogram without a label is there before its first value', async () => {
  const registry = new Registry()
  addHistogram(registry, { name: 'records', help: 'Records.', buckets: [1] })
  assert.match(await registry.metrics(), /records_bucket\{le="\+Inf"\} 0\nrecords_sum 0\nrecords_count 0/)
})

test('of a thousand refusals in a second twenty are logged, and the rest is counted', () => {
  const lines: object[] = []
  let time = 0
  const refused = refusalLog({ info: (line: object) => lines.push(line) } as unknown as FastifyBaseLogger, () => time)
  for (let index = 0; index < 1000; index += 1) refused({ index })
  time = 1000
  refused({ last: true })
  assert.equal(lines.length, 22)
  assert.deepEqual(lines.slice(-2), [{ refusals: 980 }, { last: true }])
})
