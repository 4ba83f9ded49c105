import assert from 'node:assert/strict'
import { readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Event, openEventLog } from '../../serve/gateway/events.ts'
import { temporaryFolder } from './helper.ts'

const event: Event = { at: 1, arm: 'stable', weight: 0, status: 200, ms: 1.5, bin: 3, out: 0 }

test('a disk that is full for a while, and takes parts of lines, loses and garbles nothing', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'events', 'r.jsonl')
  let room = 100
  const log = openEventLog(file, 1, async (descriptor, buffer) => {
    if (room === 0) throw new Error('ENOSPC: no space left on device')
    const bytesWritten = writeSync(descriptor, buffer, 0, Math.min(room, 7, buffer.length))
    room -= bytesWritten
    return { bytesWritten }
  })
  for (let index = 0; index < 10; index += 1) log.append(event)
  await log.flush()
  assert.match(log.failing ?? '', /ENOSPC/)
  log.append(event)
  room = 1_000_000
  await log.flush()
  assert.equal(log.failing, undefined)
  log.close()
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    lines.map((line) => line.n),
    [undefined, ...Array.from({ length: 11 }, (_, index) => index + 1)],
  )
  assert.equal(lines[0].seed, 1)
})

test('what does not fit into memory either is counted, and leaves a gap in the numbers', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'r.jsonl')
  let full = true
  const log = openEventLog(file, 1, async (descriptor, buffer) => {
    if (full) throw new Error('ENOSPC')
    return { bytesWritten: writeSync(descriptor, buffer) }
  })
  for (let index = 0; index < 200_000; index += 1) log.append(event)
  await log.flush()
  assert.ok(log.lost > 0 && log.lost < 200_000)
  assert.ok(log.pending <= 8 * 1024 * 1024)
  full = false
  await log.flush()
  log.append(event)
  await log.flush()
  log.close()
  const numbers = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-2)
  assert.deepEqual(
    numbers.map((line) => JSON.parse(line).n),
    [200_000 - log.lost, 200_001],
  )
})
