import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { utimesSync } from 'node:fs'
import files, { mkdtempDisposable, readdir, readFile, readlink, stat, utimes, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { takeLock } from '../pipeline/lock.ts'
import { runOfMachine, startOf } from '../pipeline/processes.ts'

const temp = () => mkdtempDisposable(join(tmpdir(), 'mergeline-lock-'))
const module = JSON.stringify(new URL('../pipeline/lock.ts', import.meta.url).href)

/** Another process, which takes the lock and then does `more`. */
function taker(path: string, more: string) {
  const script = `import { takeLock } from ${module}; const lock = await takeLock(${JSON.stringify(path)}); ${more}`
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** What a power cut left of a lock a while ago. */
async function leave(path: string, text: string): Promise<void> {
  await writeFile(path, text)
  await utimes(path, 0, 0)
}

async function take(path: string, beatMs?: number): Promise<AsyncDisposable> {
  const lock = await takeLock(path, beatMs === undefined ? {} : { beatMs })
  assert.ok(!('holder' in lock))
  return lock
}

test('one holds the lock until it gives it back; the others are told who', async () => {
  await using dir = await temp()
  const path = join(dir.path, 'lock')
  {
    await using _held = await take(path)
    assert.deepEqual(await takeLock(path), { holder: process.pid })
    assert.deepEqual(await readdir(dir.path), ['lock'])
  }
  assert.deepEqual(await readdir(dir.path), [])
})

test('who comes late gives back nothing but its own', async () => {
  await using dir = await temp()
  const path = join(dir.path, 'lock')
  {
    await using _held = await take(path)
    await writeFile(path, 'another')
  }
  assert.equal(await readFile(path, 'utf8'), 'another')
})

test('a lock is taken over when its process is gone, when its id belongs to another now, and when a power cut left half of it', async () => {
  await using dir = await temp()
  const path = join(dir.path, 'lock')
  const child = taker(path, 'process.kill(process.pid, "SIGKILL")')
  await once(child, 'exit')
  const gone = await readFile(path, 'utf8')
  const others = JSON.stringify({ ...JSON.parse(gone), pid: process.pid })
  for (const stale of [gone, others, JSON.stringify({ pid: process.pid }), '', 'torn', 'null', '17']) {
    await leave(path, stale)
    {
      await using _held = await take(path)
      assert.deepEqual(await takeLock(path), { holder: process.pid }, stale)
    }
    assert.deepEqual(await readdir(dir.path), [], stale)
  }
})

test('who is killed while it takes a lock over is in nobody’s way', async () => {
  await using dir = await temp()
  const path = join(dir.path, 'lock')
  let file = path
  for (const stale of ['torn', 'torn too', 'torn as well']) {
    await leave(file, stale)
    file += `.${hash('sha256', stale).slice(0, 12)}`
  }
  {
    await using _held = await take(path)
    assert.deepEqual(await readdir(dir.path), ['lock'])
  }
  assert.deepEqual(await readdir(dir.path), [])
})

test('of many that find a stale lock at once exactly one takes it', async () => {
  await using dir = await temp()
  for (let round = 0; round < 20; round++) {
    const path = join(dir.path, `lock ${round}`)
    await leave(path, 'torn')
    const found = await Promise.all(Array.from({ length: 5 }, () => takeLock(path)))
    assert.equal(found.filter((lock) => !('holder' in lock)).length, 1)
  }
  const path = join(dir.path, 'lock')
  await writeFile(path, JSON.stringify({ pid: 999999999, started: '1' }))
  // Whoever has it keeps it until all have tried, however late they begin.
  const more = 'console.log("holder" in lock ? "told" : "held"); await new Promise((end) => setTimeout(end, 600_000))'
  const children = Array.from({ length: 4 }, () => taker(path, more))
  const said = await Promise.all(children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim()))
  for (const child of children) child.kill('SIGKILL')
  assert.deepEqual(said.sort(), ['held', 'told', 'told', 'told'])
})

test('the start of a process is the same at every look, and nothing once it ended, collected or not', async () => {
  assert.ok(await startOf(process.pid))
  assert.equal(await startOf(process.pid), await startOf(process.pid))
  const child = spawn('sleep', ['300'])
  const pid = child.pid as number
  assert.ok(await startOf(pid))
  child.kill('SIGKILL')
  // On Linux no turn of the event loop lies between, so it stays uncollected as long as this looks.
  for (const until = Date.now() + 60_000; (await startOf(pid)) !== undefined && Date.now() < until; );
  assert.deepEqual([await startOf(pid), child.exitCode, child.signalCode], [undefined, null, null])
  await once(child, 'exit')
  assert.equal(await startOf(pid), undefined)
})

test('who has the lock on another machine or in another container is known to live by its beats, and to be gone without them', async () => {
  await using dir = await temp()
  const path = join(dir.path, 'lock')
  // Its id and start are those of nobody here.
  const foreign = (nonce: string) =>
    writeFile(path, JSON.stringify({ pid: 1, started: '1', run: 'another', beatMs: 50, nonce }))
  await foreign('a')
  let beating = true
  const beats = (async () => {
    while (beating) {
      const now = new Date()
      await utimes(path, now, now)
      await sleep(10)
    }
  })()
  assert.deepEqual(await takeLock(path), { holder: 1 })
  beating = false
  await beats
  await using _taken = await take(path)
})

test('the first pid namespace of another machine is not that of this one', async () => {
  await using dir = await temp()
  const path = join(dir.path, 'lock')
  const namespace = await readlink('/proc/self/ns/pid').catch(() => undefined)
  for (const run of [undefined, null, 'another']) {
    const beats = setInterval(() => utimesSync(path, new Date(), new Date()), 10)
    try {
      await writeFile(path, JSON.stringify({ pid: 1, started: '1', namespace, run, beatMs: 50 }))
      assert.deepEqual(await takeLock(path), { holder: 1 })
      assert.deepEqual(await takeLock(path, { run: null }), { holder: 1 })
    } finally {
      clearInterval(beats)
    }
  }
})

test('of its own machine the id alone tells whether a holder lives', {
  skip: (await runOfMachine()) === null && 'this machine has no word of its own',
}, async () => {
  await using dir = await temp()
  const path = join(dir.path, 'lock')
  await writeFile(path, JSON.stringify({ pid: 1, started: '1', run: await runOfMachine(), beatMs: 50 }))
  const beats = setInterval(() => utimesSync(path, new Date(), new Date()), 10)
  try {
    const taken = await takeLock(path)
    clearInterval(beats)
    assert.ok(!('holder' in taken))
  } finally {
    clearInterval(beats)
  }
})

test('who has the lock touches it, for those elsewhere', async () => {
  await using dir = await temp()
  const path = join(dir.path, 'lock')
  const lock = await takeLock(path, { beatMs: 100 })
  assert.ok(!('holder' in lock))
  assert.deepEqual(await takeLock(path, { run: 'another' }), { holder: process.pid })
  await lock[Symbol.asyncDispose]()
  assert.deepEqual(await readdir(dir.path), [])
})

/** Has something else done in place of a function of the file system, until the test ends. */
function instead(t: TestContext, name: 'link' | 'rename', act: (from: string, to: string) => Promise<void>): void {
  t.mock.method(files, name, act)
  syncBuiltinESMExports()
  t.after(() => {
    t.mock.restoreAll()
    syncBuiltinESMExports()
  })
}

test('a lock that is not whole yet belongs to who is writing it', async () => {
  await using dir = await temp()
  const path = join(dir.path, 'lock')
  const whole = JSON.stringify({ pid: process.pid, started: await startOf(process.pid) })
  await writeFile(path, '')
  const other = takeLock(path)
  await sleep(100)
  await writeFile(path, whole)
  assert.deepEqual(await other, { holder: process.pid })
})

test('on a volume without links exactly one takes the lock, too', async (t) => {
  await using dir = await temp()
  instead(t, 'link', () => Promise.reject(Object.assign(new Error('no links'), { code: 'ENOTSUP' })))
  for (let round = 0; round < 20; round++) {
    const path = join(dir.path, `lock ${round}`)
    const found = await Promise.all(Array.from({ length: 5 }, () => takeLock(path)))
    assert.equal(found.filter((lock) => !('holder' in lock)).length, 1)
  }
})

test('the right to take over beats as the lock does, for those elsewhere', async (t) => {
  await using dir = await temp()
  const path = join(dir.path, 'lock')
  await writeFile(path, JSON.stringify({ pid: 999999999, started: '1' }))
  const { rename } = files
  let told: unknown
  instead(t, 'rename', async (from, to) => {
    const right = (await readdir(dir.path)).find((name) => /^lock\.[0-9a-f]{12}$/.test(name)) as string
    told = JSON.parse(await readFile(join(dir.path, right), 'utf8')).beatMs
    await utimes(join(dir.path, right), 0, 0)
    while (told !== undefined && (await stat(join(dir.path, right))).mtimeMs === 0) await sleep(10)
    await rename(from, to)
  })
  await using _held = await take(path, 50)
  assert.equal(told, 50)
})

test('who lost the lock while it stood still is told once, and touches it no more', async () => {
  await using dir = await temp()
  const path = join(dir.path, 'lock')
  const told = Promise.withResolvers<string>()
  let times = 0
  const onLost = () => {
    times += 1
    told.resolve('lost')
  }
  const lock = await takeLock(path, { beatMs: 20, onLost })
  assert.ok(!('holder' in lock))
  await leave(path, 'another')
  assert.equal(await Promise.race([told.promise, sleep(10_000, 'told nothing', { ref: false })]), 'lost')
  await utimes(path, 0, 0)
  await sleep(200)
  assert.deepEqual([times, (await stat(path)).mtimeMs], [1, 0])
  await lock[Symbol.asyncDispose]()
  assert.equal(await readFile(path, 'utf8'), 'another')
})
