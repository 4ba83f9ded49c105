import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { verifyLog } from '../../pipeline/audit/verify.ts'
import { repetitions } from '../repetitions.ts'
import { makeLog, noneMissed, prediction } from '../serve/audit/log.ts'

/** A log of two small segments: one that is sealed, one that is open. */
async function smallLog() {
  const made = await makeLog({ rotate: { bytes: 900, ms: 1e12 } })
  const log = await made.open()
  for (const id of ['one', 'two', 'three', 'four']) await log.append([prediction(id)], noneMissed)
  await log.close()
  assert.equal(made.names().length, 2)
  return made
}

const verify = async (folder: string) => (await verifyLog(folder, { patienceMs: 0 })).findings

test('a changed bit, whichever of whichever byte, is found and placed', async () => {
  await using made = await smallLog()
  let tried = 0
  for (const segment of [1, 2]) {
    const file = made.file(segment)
    const bytes = readFileSync(file)
    let line = 1
    for (const [at, byte] of bytes.entries()) {
      // Every byte in one bit, another for the next byte; with eight repetitions, in every bit.
      for (let round = 0; round < Math.min(8, repetitions(1)); round += 1) {
        const changed = Buffer.from(bytes)
        changed[at] = byte ^ (1 << ((at + round) % 8))
        writeFileSync(file, changed)
        const findings = await verify(made.folder)
        assert.ok(findings.length > 0, `byte ${at} of segment ${segment}`)
        assert.equal(findings[0]?.segment, file.slice(-14), `byte ${at}`)
        assert.equal(findings[0]?.line, line, `byte ${at} of segment ${segment}`)
        tried += 1
      }
      if (byte === 0x0a) line += 1
    }
    writeFileSync(file, bytes)
  }
  assert.ok(tried > 1500, String(tried))
  assert.deepEqual(await verify(made.folder), [])
})

test('a byte that is taken out, put in, or exchanged with the next one is found', async () => {
  await using made = await smallLog()
  for (const segment of [1, 2]) {
    const file = made.file(segment)
    const bytes = readFileSync(file)
    for (let at = 0; at < bytes.length; at += 3) {
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
      const changes = [
        Buffer.concat([before, after.subarray(1)]),
        Buffer.concat([before, Buffer.from('x'), after]),
        Buffer.concat([before, Buffer.from('\n'), after]),
        Buffer.concat([before, after.subarray(1, 2), after.subarray(0, 1), after.subarray(2)]),
      ]
      for (const [kind, changed] of changes.entries()) {
        if (changed.equals(bytes)) continue
        writeFileSync(file, changed)
        assert.ok((await verify(made.folder)).length > 0, `change ${kind} at byte ${at} of segment ${segment}`)
      }
    }
    writeFileSync(file, bytes)
  }
})
