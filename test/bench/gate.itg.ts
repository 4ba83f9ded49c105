import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gate } from '../../bench/gate/bench.ts'

test('the quick measurement retrains, judges and knows what is true', async () => {
  const said: string[] = []
  const { rows, missed, notes = [] } = await gate.run({ quick: true, size: 1, say: (line) => said.push(line) })
  assert.deepEqual(missed, [])
  const counts = rows.flatMap((row) => Object.values(row).filter((value) => typeof value === 'number'))
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    1,
  )
  assert.match(said.at(-1) ?? '', /^seed 2: (?:pass$|inconclusive: )/)
  assert.match(notes[0] ?? '', /^Failed wrongly: 0 of 1, 0 % \(upper 95 % bound 95 %; stated: at most 5 %\)\.$/)
})
