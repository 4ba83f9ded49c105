import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { keyLookup, readKeys } from '../../serve/keys.ts'
import { sha256, temporaryFolder } from './helper.ts'

const id = (key: string) => `key-${sha256(key).slice(0, 12)}`

test('reads one key per line, with scopes and name where they are given', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'keys')
  await writeFile(
    file,
    `# made by a test\n\n${sha256('one')}\r\n${sha256('two').toUpperCase()} predict\n${sha256('three')}\tread,control  team-a\n`,
  )
  assert.deepEqual(readKeys(file), [
    { id: id('one'), scopes: ['predict', 'read'], ownRecords: true, sha256: sha256('one') },
    { id: id('two'), scopes: ['predict'], sha256: sha256('two') },
    { id: 'team-a', scopes: ['read', 'control'], sha256: sha256('three') },
  ])
})

test('names the line that is no key, without showing it', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'keys')
  const wrong: [string, RegExp][] = [
    ['my secret key', /line 2 is not a SHA-256/],
    [`${sha256('one')} write`, /line 2 must be <SHA-256> \[scopes\] \[name\]/],
    [`${sha256('one')} read a name`, /line 2 must be/],
    [`${sha256('one')} read <b>`, /line 2: the name must be/],
  ]
  for (const [line, expected] of wrong) {
    await writeFile(file, `${sha256('one')}\n${line}\n`)
    assert.throws(
      () => readKeys(file),
      (error: Error) => expected.test(error.message) && !error.message.includes(line),
    )
  }
  assert.throws(() => readKeys(join(folder.path, 'missing')), /cannot be read/)
})

test('finds the key that is presented, and nobody else', () => {
  const find = keyLookup([
    { id: 'a', scopes: [], sha256: sha256('one') },
    { id: 'b', scopes: [], sha256: sha256('two') },
  ])
  assert.deepEqual(
    ['one', 'two', 'three', '', sha256('one')].map((key) => find(key)?.id),
    ['a', 'b', undefined, undefined, undefined],
  )
})
