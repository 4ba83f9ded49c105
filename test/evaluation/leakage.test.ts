import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wrongHistories } from '../../pipeline/evaluation/histories.ts'
import { explainedBy, leaks } from '../../pipeline/evaluation/leakage.ts'
import { histories } from '../../pipeline/task/judge.ts'
import type { Example } from '../../pipeline/task/record.ts'
import { smallExamples } from './small-training.ts'

const examples = (await smallExamples()).filter(({ time }) => time >= '2023')
const changed = (change: (example: Example) => object) =>
  examples.map((example) => ({ ...example, record: { ...example.record, ...change(example) } }))

test('records as they are leak nothing', (t) => {
  const [first] = explainedBy(examples, 1)
  t.diagnostic(`${first?.field} explains most: ${(100 * (first?.share ?? 0)).toFixed(1)} %`)
  assert.deepEqual(leaks(examples, 1), [])
  assert.deepEqual(wrongHistories(examples, histories), [])
})

for (const [what, of] of [
  ['itself', (target: number) => target],
  ['a curved function of it', (target: number) => Math.log1p(target) ** 2],
  ['a falling one', (target: number) => -target],
] as const) {
  test(`a field that holds the target as ${what} is found by name`, () => {
    const [found, ...others] = leaks(
      changed(({ target }) => ({ rain_mm: of(target) })),
      1,
    )
    assert.match(found ?? '', /Leakage: rain_mm alone tells the target/)
    assert.deepEqual(others, [])
  })
}

test('a field that tells the target only roughly is no leak', () => {
  const rough = changed(({ target }) => ({ rain_mm: 20 * Math.round(target / 20) }))
  assert.deepEqual(leaks(rough, 1), [])
})

test('few records, and a constant target, tell nothing', () => {
  assert.deepEqual(explainedBy(examples.slice(0, 40), 1), [])
  assert.deepEqual(
    explainedBy(
      examples.map((example) => ({ ...example, target: 7 })),
      1,
    ),
    [],
  )
})

test('a history of another field is told', () => {
  assert.match(
    wrongHistories(examples, { recent_units_sold: 'temperature_c' })[0] ?? '',
    /recent_units_sold is said to be the history of temperature_c .* nor of any other within 7 days/,
  )
})
