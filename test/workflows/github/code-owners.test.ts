import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../../..')
const owned = readFileSync(join(root, '.github/CODEOWNERS'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split(' ')[0] ?? '')
const isOwned = (file: string) => owned.some((path) => file === path || (path.endsWith('/') && file.startsWith(path)))

test('every line of CODEOWNERS names what is there, folders with a slash at their end', () => {
  for (const path of owned) {
    assert.ok(existsSync(join(root, path)), path)
    assert.equal(statSync(join(root, path)).isDirectory(), path.endsWith('/'), path)
  }
})

test('whatever decides a promotion has an owner: the thresholds, who judges, what is believed, what runs it, and this file', () => {
  for (const file of [
    '/params.yaml',
    '/environments/production/environment.yaml',
    '/pipeline/evaluation/gate.ts',
    '/pipeline/release/verdict.ts',
    '/pipeline/steps/evaluate-gate.ts',
    '/pipeline/tracking/fingerprint.ts',
    '/pipeline/cli/verbs.ts',
    '/package.json',
    '/package-lock.json',
    '/.github/CODEOWNERS',
  ]) {
    assert.ok(existsSync(join(root, file)), file)
    assert.ok(isOwned(file), file)
  }
})
