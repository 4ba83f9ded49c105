import assert from 'node:assert/strict'
import { test } from 'node:test'
import { training } from '../../bench/training/bench.ts'

test('the comparison of trainings works, and our backends come to the same loss', async () => {
  const { rows } = await training.run({ quick: true, say: () => {} })
  const [first, ...others] = rows.map((row) => ({ who: row['who'], loss: Number(row['loss of the last epoch']) }))
  assert.ok(first && first.loss > 0 && others.length > 0)
  for (const { who, loss } of others)
    assert.ok(Math.abs(loss / first.loss - 1) < 1e-3, `${who}: ${loss}, ${first.loss}`)
})
