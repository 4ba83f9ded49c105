import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { refusals } from './git/rulesets.ts'
import type { Role, Ruleset } from './state.ts'

const folder = join(import.meta.dirname, '../../../.github/rulesets')
const rulesets = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Ruleset)
const [none, one, two] = ['0', '1', '2'].map((digit) => digit.repeat(40)) as [string, string, string]
const changes = {
  create: { old: none, new: one, forward: true },
  advance: { old: one, new: two, forward: true },
  rewind: { old: one, new: two, forward: false },
  remove: { old: one, new: none, forward: true },
} as const
const refused = (ref: string, role: Role, app = false) =>
  Object.entries(changes).flatMap(([what, change]) =>
    refusals({ ref, ...change }, { login: 'ada', app, role }, { rulesets, passed: {} }).length > 0 ? [what] : [],
  )

for (const [ref, role, expected] of [
  ['refs/heads/main', 'admin', ['advance', 'rewind', 'remove']],
  ['refs/heads/releases', 'admin', ['rewind', 'remove']],
  ['refs/heads/releases/x', 'admin', ['create']],
  ['refs/heads/feature/x', 'write', []],
  ['refs/tags/v1.0.0', 'write', ['create', 'advance', 'rewind', 'remove']],
  ['refs/tags/v1.0.0', 'maintain', []],
  ['refs/tags/v1.0.0', 'admin', []],
  ['refs/tags/main', 'admin', ['create', 'advance', 'rewind']],
  ['refs/tags/releases', 'admin', ['create', 'advance', 'rewind']],
  ['refs/tags/model-1', 'admin', ['advance', 'rewind', 'remove']],
  ['refs/tags/other', 'write', []],
] as const)
  test(`${ref}, by one who may ${role}: our rulesets refuse ${expected.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(refused(ref, role), expected)
  })

test('a job appends to the branch releases, and pushes nothing to main', () => {
  assert.deepEqual(refused('refs/heads/releases', 'write', true), ['rewind', 'remove'])
  assert.deepEqual(refused('refs/heads/main', 'write', true), ['advance', 'rewind', 'remove'])
})
