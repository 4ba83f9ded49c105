import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { sha256OfFile } from '../pipeline/files.ts'
import { folderWith } from './data/folder.ts'

test('a file of any size, read in pieces, has the SHA-256 of its bytes', async () => {
  for (const size of [0, 1, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 700_000]) {
    const content = randomBytes(size)
    using folder = folderWith({ 'data/x': content })
    const whole = createHash('sha256').update(content).digest('hex')
    assert.equal(await sha256OfFile(join(folder.root, 'data/x')), whole, `${size} bytes`)
  }
})
