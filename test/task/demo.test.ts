import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fahrenheit, freePorts, makeChanges, smallModel } from '../../pipeline/demo/changes.ts'

const root = join(import.meta.dirname, '../..')
const dir = mkdtempSync(join(tmpdir(), 'mergeline-changes-'))
after(() => rmSync(dir, { recursive: true }))
for (const part of ['params.yaml', 'pipeline', 'environments'])
  cpSync(join(root, part), join(dir, part), { recursive: true })

test('the changes that the demo makes fit the template as it is', async () => {
  await makeChanges(dir, [...smallModel, ...fahrenheit])
  assert.match(readFileSync(join(dir, 'params.yaml'), 'utf8'), /hidden: \[6\]/)
  assert.match(readFileSync(join(dir, 'pipeline/task/ingest.ts'), 'utf8'), /\* 1\.8 \+ 32/)
  assert.match(readFileSync(join(dir, 'pipeline/task/record.ts'), 'utf8'), /maximum: 130/)
})

test('a change that does not fit is an error, so the story is never untrue', async () => {
  await assert.rejects(makeChanges(dir, fahrenheit), /demo: pipeline\/task\/ingest\.ts has no line/)
})

test('a port that somebody uses is changed, a free one is not', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const server = createServer().listen(8081, '127.0.0.1', resolve)
  // Somebody else's server does as well.
  server.on('error', () => resolve())
  await promise
  try {
    const changes = await freePorts(dir)
    const staging = changes.find(({ file }) => file.includes('staging'))
    assert.equal(staging?.from, 'port: 8081')
    assert.match(staging?.to ?? '', /^port: \d+$/)
    assert.notEqual(staging?.to, 'port: 8081')
  } finally {
    server.close()
  }
})
