import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { execa } from 'execa'

const root = join(import.meta.dirname, '../..')
// Scratch clones of other tests lie in the machine's own folder for what is temporary.
const dir = await mkdtemp(join(tmpdir(), 'mergeline-test-demo-'))
after(() => rm(dir, { recursive: true, force: true }))
const own = { cwd: root, env: { TMPDIR: dir } }
const scratches = () => readdirSync(dir).filter((name) => name.startsWith('mergeline-demo-'))
const processes = async () =>
  (await execa('ps', ['-eo', 'args'])).stdout.split('\n').filter((args) => args.includes(dir))
const tree = async () => (await execa('git', ['status', '--porcelain'], { cwd: root })).stdout

test('the demo: one digest from the pull request to production, nothing trained twice, the wrong release taken back, no client harmed', async (t) => {
  const before = await tree()
  const { stdout, stderr } = await execa('npm', ['run', '--silent', 'demo', '--', '--json'], own)
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

  assert.deepEqual(scratches(), [], 'the scratch clone is removed')
  assert.equal(await tree(), before, "the user's tree is as it was")
  assert.deepEqual(await processes(), [], 'no process is left')
})

test('interrupted, the demo stops what it started and removes its clone; killed, the next stop does', async () => {
  const midway = async (signal: 'SIGINT' | 'SIGKILL') => {
    const child = execa(process.execPath, ['pipeline/cli.ts', 'demo'], { ...own, reject: false, detached: true })
    child.stderr?.on('data', (text) => {
      // The group, as a terminal does it: MLflow runs by now, and a verb is under way.
      if (String(text).includes('npm run evaluate-gate') && child.pid) process.kill(-child.pid, signal)
    })
    return child
  }
  const { exitCode, stderr } = await midway('SIGINT')
  assert.equal(exitCode, 130, stderr)
  assert.match(stderr, /interrupted: stopping what the demo started/)
  assert.deepEqual(scratches(), [])

  await midway('SIGKILL')
  assert.equal(scratches().length, 1)
  const { stdout } = await execa(process.execPath, ['pipeline/cli.ts', 'stop'], own)
  assert.match(stdout, /the demo in .*mergeline-demo-/)
  assert.deepEqual([scratches(), await processes()], [[], []])
})
