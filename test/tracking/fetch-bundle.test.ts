import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fetchBundle } from '../../pipeline/tracking/fetch-bundle.ts'
import { mockMlflow } from './mock.ts'

test('a digest that is a path is refused before anything is asked or removed', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'mergeline-fetch-'))
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'victim'))
  const { mlflow } = mockMlflow()
  for (const digest of ['../../victim', 'sha256:/../../../victim', '', `sha256:${'a'.repeat(63)}`]) {
    await assert.rejects(fetchBundle(mlflow, root, { digest, run: 'r1' }), /its tag mergeline\.digest is no digest/)
  }
  assert.ok(existsSync(join(root, 'victim')))
})
