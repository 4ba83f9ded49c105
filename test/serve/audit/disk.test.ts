import assert from 'node:assert/strict'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { verifyLog } from '../../../pipeline/audit/verify.ts'
import { realDisk } from '../../../serve/audit/disk.ts'
import { kindsOf, makeLog, noneMissed, prediction } from './log.ts'

test('while nothing can be written everybody is refused at once; afterwards the log tells what it missed', async () => {
  await using made = await makeLog()
  let full = false
  const log = await made.open({
    disk: {
      ...realDisk,
      write: async (descriptor, bytes, position) => {
        if (!full) return realDisk.write(descriptor, bytes, position)
        // As a full disk does: half of it is written.
        await realDisk.write(descriptor, bytes.subarray(0, bytes.length >> 1), position)
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
      },
    },
  })
  await log.append([prediction('before')], noneMissed)
  const { size } = log.status
  full = true
  await assert.rejects(log.append([prediction('lost')], { lost: 1, refused: 0 }), /ENOSPC/)
  assert.equal(readFileSync(made.file(1)).length, size, 'half a batch is taken back')
  await assert.rejects(log.append([prediction('refused')], { lost: 0, refused: 1 }), /ENOSPC/)
  assert.match(log.status.failing ?? '', /ENOSPC/)
  await sleep(1200)
  assert.ok(log.status.failing)
  full = false
  while (log.status.failing) await sleep(20)
  await log.append([prediction('after')], noneMissed)
  const lines = made.lines()
  assert.deepEqual(kindsOf(made), ['open', 'prediction', 'gap', 'prediction'])
  assert.deepEqual([lines[2]?.['lost'], lines[2]?.['refused']], [1, 1])
  const verified = await verifyLog(made.folder)
  assert.deepEqual(verified.findings, [])
  assert.equal(verified.lost, 1)
})

test('who waits for a disk that does not answer is told after a while, and it may answer later', async () => {
  await using made = await makeLog({ stallMs: 3000 })
  const hangs = Promise.withResolvers<void>()
  let hanging = false
  const log = await made.open({
    disk: {
      ...realDisk,
      write: async (...args) => {
        if (hanging) await hangs.promise
        return realDisk.write(...args)
      },
    },
  })
  await log.append([prediction('before')], noneMissed)
  hanging = true
  await assert.rejects(log.append([prediction('late')], { lost: 0, refused: 1 }), /more than 3000 ms/)
  await assert.rejects(log.append([prediction('refused')], { lost: 0, refused: 1 }), /more than 3000 ms/)
  hanging = false
  hangs.resolve()
  while (log.status.failing) await sleep(20)
  await log.append([prediction('after')], noneMissed)
  assert.deepEqual(kindsOf(made), ['open', 'prediction', 'prediction', 'gap', 'prediction'])
  assert.deepEqual((await verifyLog(made.folder)).findings, [])
})

test('who waits while the log looks after its files on a disk that does not answer is told as well', async () => {
  await using made = await makeLog({ stallMs: 3000 })
  const hangs = Promise.withResolvers<void>()
  let looking = false
  const log = await made.open({
    disk: {
      ...realDisk,
      exists: async (file) => {
        looking = true
        await hangs.promise
        return realDisk.exists(file)
      },
    },
  })
  await log.append([prediction('before')], noneMissed)
  while (!looking) await sleep(20)
  await assert.rejects(log.append([prediction('late')], { lost: 0, refused: 1 }), /more than 3000 ms/)
  hangs.resolve()
  while (log.status.failing) await sleep(20)
  await log.append([prediction('after')], noneMissed)
  assert.deepEqual(kindsOf(made), ['open', 'prediction', 'gap', 'prediction'])
  assert.deepEqual((await verifyLog(made.folder)).findings, [])
})

test('a file that was moved away is missed also while there always is another batch to write', async () => {
  await using made = await makeLog()
  const log = await made.open({
    durability: 'power',
    disk: { ...realDisk, sync: (descriptor) => sleep(5).then(() => realDisk.sync(descriptor)) },
  })
  await log.append([prediction('before')], noneMissed)
  renameSync(made.file(1), `${made.file(1)}.moved`)
  let over = false
  // The next is there before the last is written.
  const writer = async () => {
    while (!over) await log.append([prediction('more')], noneMissed).catch(() => sleep(20))
  }
  const writers = [writer(), writer()]
  await sleep(2)
  writers.push(writer())
  for (const limit = Date.now() + 60_000; !existsSync(made.file(2)) && Date.now() < limit; await sleep(20));
  over = true
  await Promise.all(writers)
  assert.ok(existsSync(made.file(2)))
})

test('a file that was moved away is missed within a second or two, and a new segment says so', async () => {
  await using made = await makeLog()
  const log = await made.open()
  await log.append([prediction('before')], noneMissed)
  renameSync(made.file(1), `${made.file(1)}.moved`)
  while (!existsSync(made.file(2))) await sleep(20)
  await log.append([prediction('after')], noneMissed)
  const { findings, notes } = await verifyLog(made.folder)
  assert.match(notes.join('\n'), /00000001\.jsonl is not there any more; this segment was begun instead/)
  assert.match(findings[0]?.what ?? '', /the segments before it are missing/)
})
