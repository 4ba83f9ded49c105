// What the log costs is measured by `npm run bench -- audit`; here, that many who wait share a write, and with `power` its sync, and that all of them have their record.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { verifyLog } from '../../../pipeline/audit/verify.ts'
import { freePort } from '../../free-port.ts'
import { temporaryFolder } from '../helper.ts'
import { patient, setUp } from '../process.ts'
import { askAll, recordedIds, startServer } from './server.ts'

for (const durability of ['process', 'power'])
  test(`${durability}: 50 clients at once are all answered, each with a record, by fewer writes than records`, async (t) => {
    await using folder = await temporaryFolder()
    const { env } = await setUp(folder.path, await freePort())
    const log = join(folder.path, 'audit')
    await using server = await startServer({
      ...env,
      ...patient,
      MERGELINE_AUDIT_DIR: log,
      MERGELINE_AUDIT_DURABILITY: durability,
    })
    const clients = askAll(server.url, 50)
    while (clients.answered.length < 2000) await sleep(10)
    await clients.end()
    assert.deepEqual(clients.refused, [])
    assert.equal(await server.metric('mergeline_audit_lost_total'), 0)
    const [records, writes] = [
      await server.metric('mergeline_audit_records_total'),
      await server.metric('mergeline_audit_batches_total'),
    ]
    t.diagnostic(`${records} records in ${writes} writes`)
    assert.ok(2 * writes < records, `${writes} writes of ${records} records`)
    await server.end('SIGTERM')
    const recorded = recordedIds(log)
    assert.deepEqual(
      clients.answered.filter((id) => !recorded.has(id)),
      [],
    )
    assert.deepEqual((await verifyLog(log)).findings, [])
  })
