// What outlives a restart: members, events, leases; and disks that do not take them.
import assert from 'node:assert/strict'
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDraws } from '../../../serve/gateway/draws.ts'
import { barelyTried, memberOf, predictThrough, readLines, startMember, startTestGateway } from '../helper.ts'

const rollout = 'r1'

test('a restarted gateway goes on with members, numbers and a stream of draws of its own', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b')
  await using gateway = await startTestGateway()
  const members = { rollout, seed: 3, stable: memberOf(stable), canary: memberOf(canary), weight: 0.5 }
  await gateway.put(members)
  await predictThrough(gateway.url())
  await gateway.restart()
  const { inFlight: _inFlight, counts: _counts, ready: _ready, ...kept } = await gateway.status()
  assert.deepEqual(kept, members)
  await predictThrough(gateway.url())
  await gateway.put(members)
  assert.deepEqual(
    gateway.events(rollout).map((event) => event.n),
    [1, 2],
  )
  const seeds = readLines(gateway.state, rollout)
    .map((line) => JSON.parse(line).seed)
    .filter((seed) => seed !== undefined)
  assert.equal(seeds.length, 2)
  assert.equal(seeds[0], 3)
  assert.notEqual(seeds[1], 3)
})

test('going back to a rollout and putting the same members twice open no second stream', async () => {
  await using stable = await startMember('a')
  await using gateway = await startTestGateway()
  const first = await gateway.put({ rollout, stable: memberOf(stable) })
  assert.deepEqual(await gateway.put({ rollout, stable: memberOf(stable) }), first)
  assert.equal(readLines(gateway.state, rollout).length, 1)
})

test('where nobody is on trial a request is no event and uses neither number nor draw, also after a restart', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b')
  await using gateway = await startTestGateway()
  const members = { rollout, seed: 3, stable: memberOf(stable), canary: memberOf(canary) }
  const ask = async (requests: number) => {
    for (let request = 0; request < requests; request += 1) await predictThrough(gateway.url())
  }
  await gateway.put({ ...members, weight: 0.5 })
  await ask(10)
  await gateway.put({ ...members, weight: 0 })
  await ask(25)
  assert.equal((await gateway.status()).counts.stable.requests + (await gateway.status()).counts.canary.requests, 35)
  await gateway.put({ ...members, weight: 0.5 })
  await ask(10)
  await gateway.put({ ...members, weight: 0 })
  await gateway.restart()
  await ask(5)
  await gateway.put({ ...members, weight: 0.5 })
  await ask(10)
  await gateway.put({ ...members, weight: 0 })
  const lines = readLines(gateway.state, rollout).map((line) => JSON.parse(line))
  const expected: unknown[] = []
  let draw = () => 1
  let n = 0
  for (const line of lines) {
    if ('seed' in line) draw = createDraws(line.seed)
    else expected.push([++n, draw() < 0.5 ? 'canary' : 'stable'])
  }
  assert.equal(n, 30)
  assert.deepEqual(
    lines.filter((line) => 'n' in line).map((event) => [event.n, event.arm]),
    expected,
  )
})

test('ends a line that a crash cut short, and numbers on from the last whole one', async () => {
  await using stable = await startMember('a')
  await using gateway = await startTestGateway()
  await gateway.put({ rollout, ...barelyTried(stable) })
  for (let request = 0; request < 3; request += 1) await predictThrough(gateway.url())
  await gateway.stop()
  await appendFile(join(gateway.state, 'events', `${rollout}.jsonl`), '{"n":4,"at":17')
  await gateway.restart()
  await predictThrough(gateway.url())
  await gateway.put({ rollout, ...barelyTried(stable) })
  const lines = readLines(gateway.state, rollout)
  assert.equal(lines[4], '{"n":4,"at":17')
  assert.equal(JSON.parse(lines[6] ?? '').n, 4)
  assert.equal(lines.length, 7)
})

test('events are written within a moment, without anybody asking', async () => {
  await using stable = await startMember('a')
  await using gateway = await startTestGateway()
  await gateway.put({ rollout, ...barelyTried(stable) })
  await predictThrough(gateway.url())
  while (gateway.events(rollout).length === 0) await sleep(20)
  assert.equal(gateway.events(rollout).length, 1)
})

test('an events file that cannot be written is told in the status; clients are served', async () => {
  await using stable = await startMember('a')
  await using gateway = await startTestGateway()
  await writeFile(join(gateway.state, 'events'), 'a file where the folder should be')
  const status = await gateway.put({ rollout, stable: memberOf(stable) })
  assert.match(status.eventsFailing ?? '', /events\/r1\.jsonl cannot be opened/)
  assert.equal((await predictThrough(gateway.url())).status, 200)
})

test('members that cannot be persisted are in force all the same, and the caller is told', async () => {
  await using stable = await startMember('a')
  await using gateway = await startTestGateway()
  await mkdir(join(gateway.state, 'members.json', 'in the way'), { recursive: true })
  await assert.rejects(
    gateway.put({ stable: memberOf(stable) }),
    /the members are in force, but could not be written to members\.json/,
  )
  assert.equal((await predictThrough(gateway.url())).status, 200)
  await rm(join(gateway.state, 'members.json'), { recursive: true })
  await gateway.put({ stable: memberOf(stable) })
  await gateway.restart()
  assert.equal((await predictThrough(gateway.url())).status, 200)
})

test('a share whose lease nobody renews goes back to stable, also after a restart; the next change gives it again', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b')
  await using gateway = await startTestGateway()
  const leased = { rollout, stable: memberOf(stable), canary: memberOf(canary), weight: 1, leaseMs: 8000 }
  const from = async () => (await predictThrough(gateway.url())).body.from
  const ended = async () => {
    while ((await gateway.status()).weight > 0) await sleep(10)
  }
  for (let renewals = 0; renewals < 3; renewals += 1) {
    await gateway.put(leased)
    await sleep(3000)
    assert.equal(await from(), 'b')
  }
  await ended()
  assert.equal(await from(), 'a')
  const { leaseMs: _, ...unwatched } = { ...leased, weight: 0 }
  assert.deepEqual(JSON.parse(await readFile(join(gateway.state, 'members.json'), 'utf8')), unwatched)

  await gateway.put(leased)
  assert.equal(await from(), 'b')
  await gateway.restart()
  assert.equal(await from(), 'b')
  await ended()
  assert.equal(await from(), 'a')
  await gateway.put({ ...unwatched, weight: 1 })
  await sleep(8300)
  assert.equal(await from(), 'b')
})
