import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modelCard } from '../../pipeline/report/model-card.ts'
import { gate } from './sample.ts'

test('the model card tells use, data, errors with intervals, slices, limits and lineage', () => {
  const card = modelCard({
    model: 'ice-cream-sales',
    intendedUse: ["Tomorrow's sales per shop, the evening before."],
    target: { name: 'units_sold', unit: 'units' },
    data: {
      hash: '0f.dir',
      from: '2017-01-15',
      trainUntil: '2021-12-31',
      until: '2022-12-31',
      records: { train: 14_000, validation: 2920, test: 2920 },
    },
    lineage: { digest: 'sha256:9c', fingerprint: 'sha256:4f', commit: '3f2c', run: 'abc' },
    gate,
    limits: ['Shops that the data do not have.'],
  })
  assert.match(card, /^# Model card: ice-cream-sales\n/)
  for (const heading of ['Intended use', 'Data', 'Errors', 'Limits', 'Lineage'])
    assert.ok(card.includes(`### ${heading}\n`))
  assert.ok(card.includes('| learnt from | 2017-01-15 to 2021-12-31 (14,000 records) |'))
  assert.match(card, /\| candidate \| [\d.]+ \([\d.]+ to [\d.]+\) \|/)
  assert.ok(card.includes('| shop | `harbour` | 365 |'))
  assert.ok(card.includes('| digest | `sha256:9c` |'))
})
