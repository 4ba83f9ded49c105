import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modelCard } from '../../pipeline/report/model-card.ts'
import { cardWith, gate } from './sample.ts'

const usual = cardWith('word')
const made = {
  ...usual,
  model: 'ice-cream-sales',
  outOfScope: ['Shops that are new.'],
  data: { ...usual.data, from: '2017-01-15', trainUntil: '2021-12-31', hash: '0f.dir' },
  lineage: { ...usual.lineage, digest: 'sha256:9c', commit: '3f2c' },
  training: { ...usual.training, algorithm: 'ridge', packages: [{ name: '@tensorflow/tfjs-core', version: '4.22.0' }] },
  gate,
}

test('the model card tells use, data, errors with intervals, slices, limits, what training took, and lineage', () => {
  const card = modelCard(made)
  assert.match(card, /^# Model card: ice-cream-sales\n/)
  for (const heading of ['Intended use', 'Out of scope', 'Data', 'Errors', 'Limits', 'Training', 'Lineage'])
    assert.ok(card.includes(`### ${heading}\n`))
  assert.ok(card.includes('- Shops that are new.'))
  assert.ok(card.includes('| learnt from | 2017-01-15 to 2021-12-31 (14,000 records) |'))
  assert.match(card, /\| never seen in training \| after word \(2,920 records\) \|/)
  assert.match(card, /\| candidate \| [\d.]+ \([\d.]+ to [\d.]+\) \|/)
  assert.ok(card.includes('| shop | `harbour` | 365 |'))
  assert.ok(card.includes('| algorithm | `ridge` |'))
  assert.ok(card.includes('| `@tensorflow/tfjs-core` | `4.22.0` |'))
  for (const [what, value] of [
    ['digest', 'sha256:9c'],
    ['commit', '3f2c'],
    ['data', '0f.dir'],
  ])
    assert.ok(card.includes(`| ${what} | \`${value}\` |`), what)
})

test('energy is told as an estimate with what it assumes, and as not known where CPU time was not measured', () => {
  // 27 s × 10 W = 270 J = 0.075 Wh.
  const told = modelCard(made)
  assert.ok(told.includes('| CPU time, all cores | 27 s |'))
  assert.match(told, /\| energy, estimated \| 0\.075 Wh, at an assumed 10 W for a busy core; not measured/)
  const { cpuSeconds: _, ...older } = made.training
  assert.match(
    modelCard({ ...made, training: older }),
    /\| energy, estimated \| not known: CPU time was not measured \|/,
  )
})
