import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'

const root = join(import.meta.dirname, '../..')
const scratches = () => readdirSync(tmpdir()).filter((name) => name.startsWith('mergeline-demo-'))
const tree = async () => (await execa('git', ['status', '--porcelain'], { cwd: root })).stdout

test('the demo: one digest from the pull request to production, nothing trained twice, the wrong release taken back, no client harmed', async (t) => {
  const before = { scratches: scratches(), tree: await tree() }
  const { stdout, stderr } = await execa(process.execPath, ['pipeline/cli.ts', 'demo', '--json'], { cwd: root })
  const told = JSON.parse(stdout)
  t.diagnostic(stdout)
  const { pullRequest, staging, production } = told.digest
  assert.match(pullRequest, /^sha256:[0-9a-f]{64}$/)
  assert.deepEqual([staging, production], [pullRequest, pullRequest])
  assert.ok(told.epochs.pullRequest > 0)
  assert.deepEqual([told.epochs.merge, told.epochs.tag], [0, 0])
  assert.equal(told.rollback.verdict, 'roll back')
  assert.match(told.rollback.reason, /shift/)
  assert.ok(told.rollback.canaryRequests > 0 && told.rollback.canaryRequests <= 1000)
  assert.match(told.rollback.commit, /^[0-9a-f]{40}$/)
  assert.match(told.rollback.held.model, /^sha256:/)
  assert.notEqual(told.rollback.held.model, production)
  assert.ok(told.clientRequests > 500)
  assert.equal(told.failedClientRequests, 0)
  assert.ok(told.seconds > 0)
  assert.match(stderr, /refused: .*npm run lift/)

  assert.deepEqual(scratches(), before.scratches, 'the scratch clone is removed')
  assert.equal(await tree(), before.tree, "the user's tree is as it was")
  const { stdout: processes } = await execa('ps', ['-eo', 'args'])
  assert.doesNotMatch(processes, /mergeline-demo-/, 'no process is left')
})

test('interrupted, the demo stops what it started and removes its clone; killed, the next stop does', async () => {
  const before = scratches()
  const midway = async (signal: 'SIGINT' | 'SIGKILL') => {
    const child = execa(process.execPath, ['pipeline/cli.ts', 'demo'], { cwd: root, reject: false, detached: true })
    child.stderr?.on('data', (text) => {
      // The group, as a terminal does it: MLflow runs by now, and a verb is under way.
      if (String(text).includes('npm run evaluate-gate') && child.pid) process.kill(-child.pid, signal)
    })
    return child
  }
  const { exitCode, stderr } = await midway('SIGINT')
  assert.equal(exitCode, 130, stderr)
  assert.match(stderr, /interrupted: stopping what the demo started/)
  assert.deepEqual(scratches(), before)

  await midway('SIGKILL')
  assert.equal(scratches().length, before.length + 1)
  const { stdout } = await execa(process.execPath, ['pipeline/cli.ts', 'stop'], { cwd: root })
  assert.match(stdout, /the demo in .*mergeline-demo-/)
  assert.deepEqual(scratches(), before)
  assert.doesNotMatch((await execa('ps', ['-eo', 'args'])).stdout, /mergeline-demo-/)
})
