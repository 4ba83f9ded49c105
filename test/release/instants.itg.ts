// Rollouts killed at some of their instants, in process with real git; `npm run bench -- instants` kills around every side effect and at a thousand instants more.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instants } from '../../bench/instants/bench.ts'

test('killed at a sample of instants and run again, all end in the state that Git names, with no step applied twice', async (t) => {
  const { title, rows, missed = [] } = await instants.run({ quick: true, say: (line) => t.diagnostic(line) })
  t.diagnostic(title)
  assert.deepEqual(missed, [])
  const sum = (column: string) => rows.reduce((total, row) => total + Number(row[column]), 0)
  assert.ok(sum('around side effects') >= 10)
  assert.equal(sum('at seeded instants'), 15)
})
