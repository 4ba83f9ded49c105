import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readKeyHashes } from '../../serve/keys.ts'
import { sha256, temporaryFolder } from './helper.ts'

test('reads one hash per line, and names the line that is none without showing it', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'keys')
  await writeFile(file, `# made by a test\n\n${sha256('one')}\r\n${sha256('two').toUpperCase()}\n`)
  assert.deepEqual(readKeyHashes(file), [sha256('one'), sha256('two')])
  await writeFile(file, `${sha256('one')}\nmy secret key\n`)
  assert.throws(
    () => readKeyHashes(file),
    (error: Error) => /line 2 is not a SHA-256/.test(error.message) && !/my secret/.test(error.message),
  )
  await writeFile(file, '\n')
  assert.throws(() => readKeyHashes(file), /no API key in it/)
  assert.throws(() => readKeyHashes(join(folder.path, 'missing')), /cannot be read/)
})
