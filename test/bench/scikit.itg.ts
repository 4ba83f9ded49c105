import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scikit } from '../../bench/scikit/bench.ts'

test('our ridge predicts what scikit-learn’s does, amounts and probabilities; the perceptrons of both learn from the same splits', async () => {
  const { rows } = await scikit.run({ quick: true, say: () => {} })
  assert.deepEqual(
    rows.map(({ data, algorithm }) => `${data}: ${algorithm}`),
    [
      'linear with noise: ridge',
      'linear with noise: perceptron',
      'breast cancer, two classes: ridge',
      'breast cancer, two classes: perceptron',
    ],
  )
  for (const row of rows.filter(({ algorithm }) => algorithm === 'ridge'))
    assert.ok(Number(row['predictions furthest apart']) < 1e-5, JSON.stringify(row))
  // Three epochs: a constant prediction of the mean of all, 0.23, is beaten already.
  for (const who of ['ours', 'scikit-learn']) assert.ok(Number(rows[3]?.[who]) < 0.2, JSON.stringify(rows[3]))
})
