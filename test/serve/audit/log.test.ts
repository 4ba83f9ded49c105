import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { genesis } from '../../../pipeline/audit/line.ts'
import { verifyLog } from '../../../pipeline/audit/verify.ts'
import { realDisk } from '../../../serve/audit/disk.ts'
import { kindsOf, makeLog, noneMissed, prediction } from './log.ts'

const ids = (from: number, count: number) => Array.from({ length: count }, (_, index) => `p${from + index}`)

test('all that one turn appends is one write, in order, each line with the hash of the one before', async () => {
  await using made = await makeLog()
  const log = await made.open()
  await Promise.all(ids(1, 50).map((id) => log.append([prediction(id)], noneMissed)))
  assert.equal(log.status.batches, 1)
  const lines = made.lines()
  assert.deepEqual(
    lines.slice(1).map((line) => line['id']),
    ids(1, 50),
  )
  assert.deepEqual(
    lines.map(({ n }) => n),
    Array.from({ length: 51 }, (_, index) => index + 1),
  )
  assert.deepEqual(
    lines.map(({ prev }) => prev),
    [genesis, ...lines.slice(0, -1).map(({ hash }) => hash)],
  )
  const { findings, predictions, head } = await verifyLog(made.folder)
  assert.deepEqual(findings, [])
  assert.equal(predictions, 50)
  assert.equal(head?.n, 51)
})

test('what is appended while a batch is written is the next batch', async () => {
  await using made = await makeLog()
  let writes = 0
  const log = await made.open({
    disk: {
      ...realDisk,
      write: async (...args) => {
        writes += 1
        await sleep(20)
        return realDisk.write(...args)
      },
    },
  })
  const first = log.append([prediction('first')], noneMissed)
  await sleep(5)
  const later = ids(1, 20).map((id) => log.append([prediction(id)], noneMissed))
  await first
  await Promise.all(later)
  assert.equal(writes, 2)
})

test('one that is opened again goes on in the same segment and the same chain', async () => {
  await using made = await makeLog()
  for (let round = 0; round < 3; round += 1) {
    const log = await made.open()
    await log.append([prediction(`p${round}`)], noneMissed)
    await log.close()
  }
  assert.deepEqual(made.names(), ['00000001.jsonl'])
  assert.deepEqual(kindsOf(made), ['open', 'prediction', 'prediction', 'prediction'])
  assert.deepEqual((await verifyLog(made.folder)).findings, [])
})

test('segments end by size and by age, with the count of their lines and the hash that stands for them', async () => {
  await using made = await makeLog({ rotate: { bytes: 2000, ms: 86_400_000 } })
  const log = await made.open()
  for (const id of ids(1, 30)) await log.append([prediction(id)], noneMissed)
  assert.ok(made.names().length > 3)
  const lines = made.lines()
  for (const [index, line] of lines.entries()) {
    if (line.kind !== 'seal') continue
    assert.equal(line['digest'], lines[index - 1]?.hash)
    assert.equal(lines[index + 1]?.kind, 'open')
  }
  await log.close()
  const before = made.names().length
  const old = await made.open({ rotate: { bytes: 1e9, ms: 1 } })
  await sleep(5)
  await old.append([prediction('late')], noneMissed)
  assert.equal(made.names().length, before + 1)
  const { findings, segments, predictions } = await verifyLog(made.folder)
  assert.deepEqual(findings, [])
  assert.deepEqual([segments, predictions], [before + 1, 31])
})

test('whole segments are removed by size and by age, and the rest stays verifiable because the log says so', async () => {
  await using made = await makeLog({ rotate: { bytes: 2000, ms: 86_400_000 } })
  const log = await made.open()
  for (const id of ids(1, 60)) await log.append([prediction(id)], noneMissed)
  await log.close()
  const [all, long] = [made.names(), new Date(Date.now() - 10 * 86_400_000)]
  for (const segment of [1, 2]) utimesSync(made.file(segment), long, long)
  const byAge = await made.open({ keep: { ms: 86_400_000, bytes: 1e9 } })
  await byAge.append([prediction('new')], noneMissed)
  while (existsSync(made.file(2))) await sleep(20)
  await byAge.close()
  assert.deepEqual(made.names(), all.slice(2))
  assert.deepEqual((await verifyLog(made.folder)).findings, [])
  const bySize = await made.open({ keep: { ms: 1e12, bytes: 6000 } })
  while (existsSync(made.file(all.length - 3))) await sleep(20)
  await bySize.close()
  const { findings, notes } = await verifyLog(made.folder)
  assert.deepEqual(findings, [])
  assert.match(notes.join('\n'), /segments 3 to \d+ were removed/)
})

test('a record that a crash cut short is cut off at the next start, wherever it was cut, and said', async () => {
  await using made = await makeLog()
  const log = await made.open()
  await log.append([prediction('whole')], noneMissed)
  const { size } = log.status
  await log.append([prediction('torn')], noneMissed)
  await log.close()
  const bytes = readFileSync(made.file(1))
  for (let cut = size + 1; cut < bytes.length; cut += 7) {
    writeFileSync(made.file(1), bytes.subarray(0, cut))
    const torn = await verifyLog(made.folder, { patienceMs: 0 })
    assert.deepEqual([torn.findings.length, torn.findings[0]?.record], [1, 3])
    const again = await made.open()
    await again.append([prediction('next')], noneMissed)
    await again.close()
    assert.deepEqual(kindsOf(made), ['open', 'prediction', 'cut', 'prediction'])
    assert.equal(made.lines()[2]?.['bytes'], cut - size)
    assert.deepEqual((await verifyLog(made.folder)).findings, [])
  }
  assert.match(made.said.join('\n'), /"kind":"cut"/)
})

test('a segment that has no whole first line yet is begun anew', async () => {
  await using made = await makeLog({ rotate: { bytes: 500, ms: 1e9 } })
  const log = await made.open()
  await log.append([prediction('one')], noneMissed)
  await log.append([prediction('two')], noneMissed)
  await log.close()
  assert.equal(made.names().length, 2)
  for (const bytes of [0, 10]) {
    truncateSync(made.file(2), bytes)
    const again = await made.open()
    await again.append([prediction('four')], noneMissed)
    await again.close()
    assert.deepEqual((await verifyLog(made.folder)).findings, [])
  }
})

test('damage to acknowledged records is left as it is, and a new segment goes on after it', async () => {
  await using made = await makeLog()
  const log = await made.open()
  for (const id of ids(1, 5)) await log.append([prediction(id)], noneMissed)
  await log.close()
  const text = readFileSync(made.file(1), 'utf8')
  const damaged = text.replace('"id":"p2"', '"id":"p9"')
  writeFileSync(made.file(1), damaged)
  const again = await made.open()
  await again.append([prediction('p6')], noneMissed)
  await again.close()
  assert.equal(readFileSync(made.file(1), 'utf8'), damaged)
  const { findings, notes } = await verifyLog(made.folder)
  assert.deepEqual(
    findings.map(({ segment, line, record, what }) => [segment, line, record, what]),
    [['00000001.jsonl', 3, 3, 'not what was written']],
  )
  assert.match(notes.join(), /segment 1 was damaged after record 2/)
})

test('a folder that another process writes in is refused, one whose writer was killed is not', async () => {
  await using made = await makeLog()
  const log = await made.open()
  await log.append([prediction('one')], noneMissed)
  const own = readFileSync(`${made.folder}/lock`, 'utf8')
  const { openAuditLog } = await import('../../../serve/audit/log.ts')
  const more = {
    environment: 'test',
    durability: 'process',
    rotate: { bytes: 1e9, ms: 1e9 },
    keep: { bytes: 1e9, ms: 1e9 },
  } as const
  await assert.rejects(
    openAuditLog({ folder: made.folder, ...more }),
    /process \d+ writes its audit log there; give each server/,
  )
  // The same number, but another process: it was started at another time.
  writeFileSync(`${made.folder}/lock`, JSON.stringify({ ...JSON.parse(own), started: '1' }))
  const other = await openAuditLog({ folder: made.folder, ...more })
  await other.close()
})

test('a log that cannot be where it should says where, why, and what to do', async () => {
  await using made = await makeLog()
  await (await made.open()).append([prediction('one')], noneMissed)
  const { openAuditLog } = await import('../../../serve/audit/log.ts')
  const more = {
    environment: 'test',
    durability: 'process',
    rotate: { bytes: 1e9, ms: 1e9 },
    keep: { bytes: 1e9, ms: 1e9 },
  } as const
  appendFileSync(`${made.folder}/file`, '')
  await assert.rejects(
    openAuditLog({ folder: `${made.folder}/file/log`, ...more }),
    /file\/log: the audit log cannot be written there \(ENOTDIR/,
  )
})

test('a log whose lock another process has taken over is written no more', async () => {
  await using made = await makeLog()
  const log = await made.open()
  await log.append([prediction('before')], noneMissed)
  const before = readFileSync(made.file(1), 'utf8')
  const theirs = JSON.stringify({ pid: 1, started: '1', run: 'another', beatMs: 1000 })
  writeFileSync(`${made.folder}/lock`, theirs)
  for (const until = Date.now() + 60_000; !log.status.failing && Date.now() < until; ) await sleep(20)
  assert.match(log.status.failing ?? '', /another process has taken its lock over/)
  assert.match(made.said.join('\n'), /cannot be written: another process has taken its lock over/)
  // Longer than it takes until a disk that failed is tried again.
  await sleep(2500)
  await assert.rejects(log.append([prediction('after')], noneMissed), /another process has taken its lock over/)
  await log.close()
  assert.equal(readFileSync(made.file(1), 'utf8'), before)
  assert.equal(readFileSync(`${made.folder}/lock`, 'utf8'), theirs)
})

test('nor by what was under way when the lock was lost', async () => {
  await using made = await makeLog()
  const looking = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const log = await made.open({
    disk: {
      ...realDisk,
      exists: async (file) => {
        looking.resolve()
        await goOn.promise
        return realDisk.exists(file)
      },
    },
  })
  await log.append([prediction('before')], noneMissed)
  const before = readFileSync(made.file(1), 'utf8')
  await looking.promise
  writeFileSync(`${made.folder}/lock`, JSON.stringify({ pid: 1, started: '1', run: 'another', beatMs: 1000 }))
  for (const until = Date.now() + 60_000; !/lock/.test(log.status.failing ?? '') && Date.now() < until; )
    await sleep(20)
  goOn.resolve()
  await assert.rejects(log.append([prediction('after')], noneMissed), /another process has taken its lock over/)
  await log.close()
  assert.equal(readFileSync(made.file(1), 'utf8'), before)
})
