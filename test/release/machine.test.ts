import assert from 'node:assert/strict'
import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeWorld, targetOf } from '../../bench/instants/world.ts'
import { loadEnvironment } from '../../pipeline/release/environment.ts'
import { followEvents, mostEvents } from '../../pipeline/release/events-log.ts'
import {
  emptyJournal,
  lockEnvironment,
  openJournal,
  type Rollout,
  readJournal,
} from '../../pipeline/release/journal.ts'
import { openSite } from '../../pipeline/release/site.ts'
import { missingEvents } from '../../pipeline/release/targets/gateway-client.ts'
import { keeps, removeOldEvents } from '../../pipeline/release/targets/old-events.ts'
import { end, launch, processesOf } from '../../pipeline/release/targets/processes.ts'
import type { Target } from '../../pipeline/release/targets/target.ts'

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'mergeline-machine-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

test('events are followed as they come: half a line waits, the gateway’s own notes are skipped, what is no JSON is told', async () => {
  await using dir = await folder()
  const file = join(dir.path, 'events.jsonl')
  const events = followEvents(file)
  assert.deepEqual(await events.read(), [])
  await writeFile(file, '{"seed":1,"at":2}\n{"n":1,"arm":"stable"}\n{"n":2,"ar')
  assert.deepEqual(await events.read(), [{ n: 1, arm: 'stable' }])
  assert.deepEqual(await events.read(), [])
  await appendFile(file, 'm":"é"}\ntorn\n{"n":3}\n')
  assert.deepEqual(await events.read(), [{ n: 2, arm: 'é' }, 'torn', { n: 3 }])
  await events.close()
})

test('a long log comes in pieces, each bounded, and whole; a line without an end is told once, and not kept', async () => {
  await using dir = await folder()
  const file = join(dir.path, 'events.jsonl')
  const event = (n: number) =>
    `{"n":${n},"at":1790000000000,"arm":"stable","weight":0.05,"status":200,"ms":3.2,"bin":7,"out":0}\n`
  const many = 12 * mostEvents
  await writeFile(file, `{"seed":1,"at":2}\n${Array.from({ length: many }, (_, index) => event(index + 1)).join('')}`)
  const events = followEvents(file)
  const pieces: number[] = []
  let last = 0
  do {
    const piece = (await events.read()) as { readonly n: number }[]
    pieces.push(piece.length)
    for (const { n } of piece) assert.equal(n, ++last)
  } while (pieces.at(-1) !== 0)
  assert.deepEqual(pieces, [...Array(12).fill(mostEvents), 0])
  await appendFile(file, `${'x'.repeat(2_000_000)}\n${event(many + 1)}`)
  const [damage, next, ...more] = await events.read()
  assert.deepEqual([damage, (next as { n: number }).n, more], ['x'.repeat(100), many + 1, []])
  await events.close()
})

test('events are kept of the newest trials and of the one that is on; what is too many or too old goes, and nothing else', async () => {
  await using dir = await folder()
  const now = Date.now()
  const made = async (name: string, days: number) => {
    const at = (now - days * 24 * 60 * 60_000) / 1000
    await writeFile(join(dir.path, name), '{"seed":1}\n')
    await utimes(join(dir.path, name), at, at)
  }
  await made('old-and-open.jsonl', 200)
  await made('too-old.jsonl', keeps.days + 1)
  await made('a note.txt', 1000)
  for (let trial = 1; trial <= keeps.trials + 3; trial += 1) await made(`trial-${trial}.jsonl`, trial)
  const said: string[] = []
  const remove = (open: string | null) => removeOldEvents(dir.path, open, (line) => said.push(line), now)
  await remove('old-and-open')
  const kept = Array.from({ length: keeps.trials - 1 }, (_, index) => `trial-${index + 1}.jsonl`)
  assert.deepEqual((await readdir(dir.path)).sort(), ['a note.txt', 'old-and-open.jsonl', ...kept].sort())
  await remove(null)
  assert.deepEqual((await readdir(dir.path)).sort(), ['a note.txt', ...kept].sort())
  await remove('never begun')
  await removeOldEvents(join(dir.path, 'none'), null, (line) => said.push(line))
  assert.deepEqual([(await readdir(dir.path)).length, said], [kept.length + 1, []])
})

test('each command has the target forget old trials, but never the one that is on', async () => {
  await using dir = await folder()
  const forgotten: (string | null)[] = []
  const target: Target = {
    ...targetOf(makeWorld(), () => assert.fail('nobody asks')),
    forget: async (open) => void forgotten.push(open),
  }
  const policy = await loadEnvironment(join(import.meta.dirname, '../..'), 'production')
  const given = { root: dir.path, environment: 'production', commit: '', registry: null, target }
  await using site = await openSite({ ...given, bundle: async () => '' }, policy)
  await site.settle()
  await site.journal.write({ rollout: { id: 'r1' } as Rollout })
  await site.settle()
  assert.deepEqual(forgotten, [null, 'r1'])
})

test('what the gateway says about events: lost, not written, of another rollout, or nothing', async () => {
  await using dir = await folder()
  assert.match(
    (await missingEvents(dir.path, 'r1')) ?? '',
    /^the gateway does not say whether events are missing \(.*\)$/,
  )
  let says = {}
  await using control = createServer((_, response) => response.end(JSON.stringify({ rollout: 'r1', ...says })))
  await once(control.listen(0, '127.0.0.1'), 'listening')
  const { port } = control.address() as AddressInfo
  await writeFile(join(dir.path, 'gateway.json'), JSON.stringify({ pid: process.pid, port: 1, controlPort: port }))
  await writeFile(join(dir.path, 'control-token'), 'a token')
  const eventsFailing = 'ENOSPC: no space left on device, write'
  for (const [status, expected] of [
    [{}, null],
    [{ eventsFailing }, `the gateway cannot write events (${eventsFailing})`],
    [{ eventsLost: 1 }, 'the gateway lost 1 event, which it could neither write nor keep'],
    [
      { eventsLost: 20, eventsFailing },
      `the gateway lost 20 events, which it could neither write nor keep (${eventsFailing})`,
    ],
    [{ eventsLost: 1, rollout: 'r0' }, null],
  ] as const) {
    says = status
    assert.equal(await missingEvents(dir.path, 'r1'), expected)
  }
})

test('the journal survives whoever writes it; a damaged one is one clear error', async () => {
  await using dir = await folder()
  assert.deepEqual(await readJournal(dir.path), emptyJournal)
  const journal = await openJournal(dir.path)
  await journal.write({ pendingAliases: { production: 3 } })
  assert.deepEqual(await readJournal(dir.path), { ...emptyJournal, pendingAliases: { production: 3 } })
  await writeFile(join(dir.path, 'journal.json'), '{"format":1,')
  await assert.rejects(readJournal(dir.path), /journal.json is damaged; run `npm run stop`, remove the folder/)
})

test('one command at a time changes an environment; the next is told who does', async () => {
  await using dir = await folder()
  const state = join(dir.path, 'made by it')
  {
    await using _held = await lockEnvironment(state, 'production')
    await assert.rejects(
      lockEnvironment(state, 'production'),
      new RegExp(`^InputError: production: process ${process.pid} is changing it already; wait`),
    )
  }
  await using _again = await lockEnvironment(state, 'production')
})

test('a process is found by its mark, also by who did not start it, and ended for good when it does not listen', async () => {
  await using dir = await folder()
  const script = join(dir.path, 'deaf.js')
  await writeFile(script, "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)")
  const log = join(dir.path, 'log')
  const pid = await launch(dir.path, { id: 'one', cwd: dir.path, script, env: {}, log })
  assert.deepEqual(await processesOf(dir.path), [{ pid, id: 'one' }])
  assert.deepEqual(await processesOf(join(dir.path, 'other')), [])
  await end(dir.path, 'on', 100)
  assert.equal((await processesOf(dir.path)).length, 1)
  await end(dir.path, 'one', 300)
  assert.deepEqual(await processesOf(dir.path), [])
})
