import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../../pipeline/errors.ts'
import { ensureMlflow, stopMlflow } from '../../pipeline/tracking/embedded.ts'
import { processesOf, repository, scratchTree } from './scratch.ts'

/** Another command that needs MLflow; it answers with what it found, as JSON. */
function command(root: string): ChildProcess {
  const module = JSON.stringify(join(repository, 'pipeline', 'tracking', 'embedded.ts'))
  const script = `const { ensureMlflow } = await import(${module}); const { uri, started } = await ensureMlflow(${JSON.stringify(root)}, {}); console.log(JSON.stringify({ uri, started }))`
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function answerOf(child: ChildProcess): Promise<{ uri: string; started: boolean }> {
  let said = ''
  child.stdout?.on('data', (data) => {
    said += data
  })
  await once(child, 'close')
  return JSON.parse(said)
}

const leaders = (root: string) => processesOf(root).filter((line) => line.includes('--backend-store-uri'))
const groupOf = (line: string | undefined) => Number(line?.trim().split(/\s+/)[1])

test('two commands at once start one server, later ones find it, and stop leaves nothing', async () => {
  await using tree = await scratchTree()
  const [one, two] = await Promise.all([answerOf(command(tree.root)), answerOf(command(tree.root))])
  assert.equal(one.uri, two.uri)
  assert.deepEqual([one.started, two.started].toSorted(), [false, true])
  assert.equal(leaders(tree.root).length, 1)
  const group = groupOf(leaders(tree.root)[0])

  const again = await ensureMlflow(tree.root, {})
  assert.deepEqual([again.uri, again.started, again.embedded], [one.uri, false, true])
  for (const host of ['127.0.0.1', 'localhost']) {
    const answer = await fetch(`${one.uri.replace('127.0.0.1', host)}/api/2.0/mlflow/experiments/search?max_results=1`)
    assert.equal(answer.status, 200, host)
  }

  assert.equal(await stopMlflow(tree.root), true)
  assert.deepEqual(processesOf(tree.root, [group]), [])
  assert.equal(await stopMlflow(tree.root), false)
})

test('a starting command killed at any instant, and a server killed while it makes its database, are made good', async () => {
  await using tree = await scratchTree()
  for (const ms of [120, 250, 600, 1500]) {
    const child = command(tree.root)
    await sleep(ms)
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  assert.ok(leaders(tree.root).length <= 1)
  // The database may be anything now: kill the server too, as a power cut would, as soon as there is a file.
  for (let waited = 0; waited < 300; waited++) {
    if (
      await readFile(join(tree.root, '.mergeline/mlflow/mlflow.db')).then(
        (bytes) => bytes.length > 0,
        () => false,
      )
    )
      break
    await sleep(100)
  }
  for (const line of leaders(tree.root)) process.kill(-groupOf(line), 'SIGKILL')
  const { started, uri } = await ensureMlflow(tree.root, {})
  assert.equal(started, true)
  assert.equal(leaders(tree.root).length, 1)

  // A server whose leader alone was killed: its workers would hold port and database for ever.
  const group = groupOf(leaders(tree.root)[0])
  process.kill(group, 'SIGKILL')
  // A signal is delivered a moment later: until then the server runs, and is rightly found.
  while (leaders(tree.root).length > 0) await sleep(20)
  const next = await ensureMlflow(tree.root, {})
  assert.deepEqual([next.started, next.uri], [true, uri])
  assert.deepEqual(processesOf('no such tree', [group]), [])
})

test('a process that was given the id in a stale state file is left alone, and a port that was taken is not waited for', async () => {
  await using tree = await scratchTree()
  await using taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const port = (taken.address() as { port: number }).port
  const innocent = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' })
  try {
    await mkdir(join(tree.root, '.mergeline', 'mlflow'), { recursive: true })
    await writeFile(
      join(tree.root, '.mergeline', 'mlflow', 'server.json'),
      JSON.stringify({ port, group: innocent.pid }),
    )
    assert.equal(await stopMlflow(tree.root), false)
    const { uri } = await ensureMlflow(tree.root, {})
    assert.ok(!uri.endsWith(`:${port}`))
    assert.equal(await stopMlflow(tree.root), true)
    assert.equal(innocent.exitCode ?? innocent.signalCode, null)
  } finally {
    innocent.kill()
  }
})

test('without set-up, with a broken program, or with a server that is not there: one error that says what to do', async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'mergeline-tracking-'))
  await assert.rejects(
    ensureMlflow(dir.path, {}),
    (error: Error) => error instanceof InputError && /run `npm run setup`/.test(error.message),
  )

  await mkdir(join(dir.path, '.venv', 'bin'), { recursive: true })
  await writeFile(join(dir.path, '.venv', 'bin', 'mlflow'), '#!/bin/sh\necho "ImportError: no luck"\nexit 3\n', {
    mode: 0o755,
  })
  await assert.rejects(
    ensureMlflow(dir.path, {}),
    /MLflow ended while it started \(exit code 3\)\. The last lines of .*server\.log:\nImportError: no luck/,
  )

  await using server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await assert.rejects(
    ensureMlflow(dir.path, { MLFLOW_TRACKING_URI: `http://ada:secret@127.0.0.1:${port}` }),
    (error: Error) => {
      assert.match(
        error.message,
        new RegExp(`MLflow at http://127.0.0.1:${port} does not answer: .*ECONNREFUSED.*unset MLFLOW_TRACKING_URI`),
      )
      return !error.message.includes('secret')
    },
  )
})
