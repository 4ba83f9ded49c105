// What validation finds, quickly: seeded, so these very figures come each time. `npm run bench -- corruption` makes those that are cited.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { corruption } from '../../bench/validation/corruption.ts'

test('damage of several kinds is found, and nothing in a sound sample', async () => {
  const { rows, missed } = await corruption.run({ quick: true, say: () => {} })
  assert.deepEqual(missed, [])
  assert.deepEqual(
    rows.map(({ what, found }) => [what, found]),
    [
      ['kinds of damage', 4],
      ['sound samples', 0],
    ],
  )
})
