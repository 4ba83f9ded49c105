import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArtifact } from '../../actions/shared/artifact-files.ts'
import { InputError } from '../../pipeline/errors.ts'
import type { World } from './report/github.ts'
import { artifactOf, asking, world } from './report/scenario.ts'

const limits = { allow: () => true, maxBytes: 100_000, maxFiles: 2 }
const read = (at: World, digest?: string) => asking(at, (github) => readArtifact(github, { id: 71, digest }, limits))
const shop = (changes: Partial<World> = {}) => world({ artifacts: [artifactOf('{}')], ...changes })

const refused = (reading: Promise<unknown>, said: RegExp) =>
  assert.rejects(reading, (error: Error) => {
    assert.ok(error instanceof InputError, error.stack)
    assert.match(error.message, /^artifact 71: /)
    assert.match(error.message, said)
    return true
  })

test('a storage that fails for a while is asked again, by a new link each time', async () => {
  let tries = 0
  const asked: string[] = []
  const at = shop({ storage: () => (++tries < 3 ? 503 : undefined), answer: (_, path) => void asked.push(path) })
  assert.deepEqual([...(await read(at)).keys()], ['report.json', 'report.html'])
  assert.deepEqual(
    asked,
    Array.from({ length: 3 }, () => 'actions/artifacts/71/zip'),
  )
})

test('a storage that goes on failing is told', async () => {
  await refused(read(shop({ storage: () => 403 })), /could not be downloaded in 4 tries: the storage answered 403/)
})

const words: readonly (readonly [number, RegExp])[] = [
  [410, /it has expired/],
  [403, /does not give it \(403: .*permission actions: read/],
  [404, /does not give it \(404: /],
]
for (const [status, said] of words) {
  test(`GitHub’s ${status} is told with what to do`, async () => {
    await refused(read(shop({ answer: () => ({ status, message: 'Words' }) })), said)
  })
}

for (const location of ['file:///etc/passwd', 'ftp://a.example/x', '/archive/71', 'javascript:1', '']) {
  test(`a link to ${JSON.stringify(location)} is not followed`, async () => {
    await refused(read(shop({ location })), /without a link/)
  })
}

test('the archive must be the one that GitHub has recorded, where it has', async () => {
  await refused(read(shop(), `sha256:${'0'.repeat(64)}`), /GitHub has recorded sha256:000/)
})

test('more bytes than allowed are not read to their end', async () => {
  const at = shop({ artifacts: [{ id: 71, archive: Buffer.alloc(5_000_000) }] })
  await refused(read(at), /more than 100,000 bytes/)
})
