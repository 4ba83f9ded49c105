import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { InputError } from '../../pipeline/errors.ts'
import { environmentNames, isRehearsal, loadEnvironment, parseEnvironment } from '../../pipeline/release/environment.ts'

const root = join(import.meta.dirname, '..', '..')
const base = readFileSync(join(root, 'environments/base/environment.yaml'), 'utf8')

test('the environments of the template are valid and differ only where they say so', async () => {
  assert.deepEqual(await environmentNames(root), ['production', 'staging'])
  const [production, staging] = [await loadEnvironment(root, 'production'), await loadEnvironment(root, 'staging')]
  assert.deepEqual(production.canary.steps, [10, 50])
  assert.deepEqual(staging.canary.steps, [])
  assert.ok(isRehearsal(production))
  assert.equal(production.canary.at_deadline, 'hold')
  assert.notEqual(production.host.port, staging.host.port)
  assert.deepEqual({ ...staging, host: 0, canary: 0 }, { ...production, host: 0, canary: 0 })
})

const refused: { [what: string]: [text: string, message: RegExp] } = {
  'an unknown key': [
    'canary: {stepz: [1]}',
    /environments\/production\/environment.yaml: canary\.stepz is not a known key; known here: steps, /,
  ],
  'a wrong type': ['host: {port: "8080"}', /host\.port must be integer, got "8080"/],
  'a value out of range': ['canary: {steps: [100]}', /canary\.steps\.0 must be <= 95, got 100/],
  'an unknown word': [
    'canary: {at_deadline: promote}',
    /canary\.at_deadline must be one of roll back, hold, got "promote"/,
  ],
  'steps that fall': [
    'canary: {steps: [50, 10]}',
    /production\/environment.yaml: canary\.steps must rise .* got \[50, 10\]/,
  ],
  'broken YAML': ['host: {port: 1', /environments\/production\/environment.yaml:\d+:\d+: not valid YAML/],
}
for (const [what, [text, message]] of Object.entries(refused))
  test(`${what} is refused with file, path and what is allowed`, () => {
    assert.throws(
      () => parseEnvironment('production', base, text),
      (error) => error instanceof InputError && message.test(error.message),
    )
  })

test('base must be complete', () => {
  assert.throws(
    () => parseEnvironment('production', base.replace(/^slo:\n.*\n/m, ''), ''),
    /environments\/base\/environment.yaml: slo is missing/,
  )
})

test('an unknown environment is answered with the known ones', async () => {
  await assert.rejects(
    loadEnvironment(root, 'prod'),
    /environments\/prod\/environment.yaml; known: production, staging/,
  )
})
