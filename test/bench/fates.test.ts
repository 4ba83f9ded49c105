import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Killed, keepEvidence, rowsOf, undeserved } from '../../bench/rollout/fates.ts'
import { temporaryFolder } from '../serve/helper.ts'

const one: Killed = {
  ...{
    victim: 'gateway',
    model: 'good',
    afterMs: 1,
    there: true,
    end: 'promoted',
    reason: 'every step passed',
    wrong: [],
  },
}

test('an end that its model does not deserve is counted, whoever was killed; a good canary that was killed itself may be taken back', () => {
  const cases: [Partial<Killed>, boolean][] = [
    [{}, false],
    [{ end: 'rolled back' }, true],
    [{ victim: 'stable', end: 'rolled back' }, true],
    [{ victim: 'canary', end: 'rolled back' }, false],
    [{ victim: 'canary', end: 'rolled back', there: false }, true],
    [{ victim: 'canary', end: 'none' }, true],
    [{ model: 'shifted', end: 'rolled back' }, false],
    [{ model: 'shifted', victim: 'canary' }, true],
  ]
  for (const [change, expected] of cases)
    assert.equal(undeserved({ ...one, ...change }), expected, JSON.stringify(change))
  const rows = rowsOf(cases.map(([change]) => ({ ...one, ...change })))
  assert.equal(rows.length, 8)
  assert.deepEqual(
    rows
      .filter(({ times }) => times > 0)
      .map(({ killed, model, times, otherwise }) => [killed, model, times, otherwise]),
    [
      ['gateway', 'good', 2, 1],
      ['gateway', 'shifted', 1, 0],
      ['stable', 'good', 1, 1],
      ['canary', 'good', 3, 2],
      ['canary', 'shifted', 1, 1],
    ],
  )
})

test('what such an end was drawn from is kept: Git’s reason, what was said, and the events', async () => {
  await using made = await temporaryFolder()
  const events = join(made.path, 'events.jsonl')
  await writeFile(events, '{"n":1}\n')
  const told = {
    ...one,
    end: 'rolled back',
    reason: 'errors: 5 of 9',
    message: 'Why: errors',
    said: ['a', 'b'],
  } as const
  const file = await keepEvidence(join(made.path, 'kept'), 'kill-1-gateway', told, events)
  const kept = JSON.parse(await readFile(file, 'utf8'))
  assert.deepEqual([kept.reason, kept.deserves, kept.said], ['errors: 5 of 9', ['promoted'], ['a', 'b']])
  assert.equal(await readFile(file.replace(/json$/, 'jsonl'), 'utf8'), '{"n":1}\n')
  await keepEvidence(join(made.path, 'kept'), 'kill-2-stable', told, join(made.path, 'none'))
  assert.deepEqual(await readdir(join(made.path, 'kept')), [
    'kill-1-gateway.json',
    'kill-1-gateway.jsonl',
    'kill-2-stable.json',
  ])
})
