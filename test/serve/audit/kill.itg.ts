import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { verifyLog } from '../../../pipeline/audit/verify.ts'
import { freePort } from '../../free-port.ts'
import { repetitions } from '../../repetitions.ts'
import { temporaryFolder } from '../helper.ts'
import { patient, setUp } from '../process.ts'
import { askAll, recordedIds, startServer } from './server.ts'

const kills = repetitions(8)

test(`${kills} servers killed under load leave a record of every prediction that was answered, and one chain`, async () => {
  await using folder = await temporaryFolder()
  const { env } = await setUp(folder.path, await freePort())
  const log = join(folder.path, 'audit')
  const settings = { ...env, ...patient, MERGELINE_AUDIT_DIR: log, MERGELINE_AUDIT_SEGMENT_MIB: '1' }
  const answered: string[] = []
  for (let round = 0; round < kills; round += 1) {
    await using server = await startServer(settings)
    const clients = askAll(server.url, 16)
    while (clients.answered.length < 10) await sleep(1)
    await sleep(Math.random() * 300)
    await server.end('SIGKILL')
    await clients.end()
    answered.push(...clients.answered)
    assert.deepEqual(clients.refused, [])
  }
  const recorded = recordedIds(log)
  const missing = answered.filter((id) => !recorded.has(id))
  const { findings, notes, predictions, segments } = await verifyLog(log)
  const torn = notes.filter((note) => /were cut off/.test(note)).length
  console.log(
    `${kills} kills: ${answered.length} predictions answered, ${missing.length} without a record; ${predictions} records in ${segments} segments, ${torn} torn ends`,
  )
  assert.deepEqual(missing, [])
  assert.deepEqual(findings.slice(0, 5), [])
  assert.ok(answered.length >= kills * 10, `${answered.length} were answered`)
})
