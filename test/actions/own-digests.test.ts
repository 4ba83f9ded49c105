import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ownDigests, rememberOwn } from '../../actions/shared/own-digests.ts'
import { readRunner } from '../../actions/shared/runner.ts'
import { start } from './action.ts'

test('a job remembers what it put on the machine, for its own run only, and nothing where it has no folder of its own', async (t) => {
  const temp = mkdtempSync(join(tmpdir(), 'mergeline-temp-'))
  t.after(() => rmSync(temp, { recursive: true }))
  const run = (id: string) => readRunner({ RUNNER_TEMP: temp, GITHUB_RUN_ID: id })
  assert.deepEqual(await ownDigests(run('7')), [])
  await rememberOwn(run('7'), 'sha256:a')
  await rememberOwn(run('7'), 'sha256:b')
  assert.deepEqual(await ownDigests(run('7')), ['sha256:a', 'sha256:b'])
  assert.deepEqual(await ownDigests(run('8')), [])
  await rememberOwn(readRunner({}), 'sha256:a')
  assert.deepEqual(await ownDigests(readRunner({})), [])
})

test('train: an expected digest that is none is a fault of the workflow, and says so', async () => {
  const workspace = mkdtempSync(join(tmpdir(), 'mergeline-temp-'))
  try {
    const { code, log } = await start('train', { workspace, inputs: { 'expect-digest': 'latest' } })
    assert.equal(code, 1)
    assert.match(log, /^::error::input expect-digest: must be sha256: and 64 hexadecimal digits, got "latest"/m)
  } finally {
    rmSync(workspace, { recursive: true })
  }
})
