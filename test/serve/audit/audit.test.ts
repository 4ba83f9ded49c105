import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPseudonyms, leftOut } from '../../../pipeline/audit/pseudonym.ts'
import { verifyLog } from '../../../pipeline/audit/verify.ts'
import { createApp } from '../../../serve/app.ts'
import { type AuditOptions, createAudit } from '../../../serve/audit/audit.ts'
import { realDisk } from '../../../serve/audit/disk.ts'
import { makeId } from '../../../serve/audit/prediction-id.ts'
import { keyLookup } from '../../../serve/keys.ts'
import { apiKey, appOptions, digest, fakeBundle, record, sha256 } from '../helper.ts'
import { makeLog, type Written } from './log.ts'

const headers = { authorization: `Bearer ${apiKey}` }
const image = `ghcr.io/acme/shop@${digest('1')}`

/** An app with an audit log in a folder of its own; `disk.full` makes every write fail. */
async function audited(more: Partial<AuditOptions> = {}, bundle = fakeBundle()) {
  const made = await makeLog()
  const disk = { full: false, slowMs: 0 }
  const log = await made.open({
    disk: {
      ...realDisk,
      write: async (...args) => {
        if (disk.full) throw new Error('ENOSPC: no space left on device, write')
        return realDisk.write(...args)
      },
    },
  })
  const audit = createAudit({
    log,
    environment: 'test',
    image,
    unwritable: 'refuse',
    recordSchema: bundle.recordSchema,
    keyFields: ['shop', 'date'],
    pseudonym: leftOut,
    ...more,
  })
  const app = await createApp({ ...appOptions, bundle, audit })
  return {
    made,
    disk,
    audit,
    app,
    ask: (payload: object, more: Record<string, string> = {}) =>
      app.inject({ method: 'POST', url: '/v1/predict', headers: { ...headers, ...more }, payload }),
    told: (kind: string) => made.lines().filter((line) => line.kind === kind),
    [Symbol.asyncDispose]: async () => {
      await app.close()
      await audit.close()
      await made[Symbol.asyncDispose]()
    },
  }
}

test('a prediction has a record before its answer leaves: who asked, what answered, what came in and what went out', async () => {
  await using server = await audited()
  const answer = await server.ask(
    { records: [record, { ...record, shop: 'south', temperature_c: 7 }] },
    { 'x-request-id': 'r-17', 'x-mergeline-arm': 'canary' },
  )
  const { predictions, prediction_ids: ids } = answer.json()
  assert.deepEqual(predictions, [200, 70])
  assert.equal(answer.headers['x-mergeline-prediction-ids'], ids.join(','))
  assert.equal(answer.headers['x-request-id'], 'r-17')
  const [first, second] = server.told('prediction')
  const { at, ms, n, acked, prev, hash, ...told } = first as Written
  assert.deepEqual(told, {
    kind: 'prediction',
    request: 'r-17',
    id: ids[0],
    index: 0,
    entity: 'north|2026-07-01',
    key: 'tests',
    environment: 'test',
    arm: 'canary',
    model: digest('a'),
    image,
    input: record,
    output: 200,
  })
  assert.ok(Math.abs(Date.parse(String(at)) - Date.now()) < 60_000)
  assert.ok(Number(ms) > 0 && Number(ms) < 60_000)
  assert.deepEqual(
    [second?.['id'], second?.['index'], second?.['entity'], second?.['output']],
    [ids[1], 1, 'south|2026-07-01', 70],
  )
  assert.doesNotMatch(JSON.stringify(first), new RegExp(apiKey))
})

test('every protocol is recorded, and told its ids', async () => {
  await using server = await audited()
  const inputs = Object.entries(record).map(([name, value]) => ({
    name,
    shape: Array.isArray(value) ? [1, value.length] : [1],
    datatype: typeof value === 'string' ? 'BYTES' : 'FP64',
    data: Array.isArray(value) ? value : [value],
  }))
  for (const [url, payload] of [
    ['/v1/predict', record],
    ['/invocations', { dataframe_records: [record] }],
    ['/v2/models/fake/infer', { inputs }],
  ] as const) {
    const answer = await server.app.inject({ method: 'POST', url, headers, payload })
    assert.equal(answer.statusCode, 200, answer.body)
    assert.equal(server.told('prediction').at(-1)?.['id'], answer.headers['x-mergeline-prediction-ids'])
    assert.deepEqual(server.told('prediction').at(-1)?.['input'], record)
  }
})

test('a refusal has a record too, without what was sent', async () => {
  await using server = await audited()
  await server.ask({ ...record, shop: 'a secret' })
  await server.app.inject({
    method: 'POST',
    url: '/v1/predict',
    headers: { authorization: 'Bearer who' },
    payload: record,
  })
  await server.app.inject({
    method: 'POST',
    url: '/v1/predict',
    headers: { ...headers, 'content-type': 'application/json' },
    payload: '{',
  })
  await server.app.inject('/ready')
  assert.deepEqual(
    server.told('refusal').map(({ status, key, route, model }) => [status, key, route, model]),
    [
      [422, 'tests', '/v1/predict', digest('a')],
      [401, null, '/v1/predict', digest('a')],
      [400, 'tests', '/v1/predict', digest('a')],
    ],
  )
  assert.match(String(server.told('refusal')[0]?.['detail']), /shop must be one of/)
  assert.doesNotMatch(JSON.stringify(server.made.lines()), /secret|who/)
})

test('a flood of refusals is counted, and fills no disk', async () => {
  await using server = await audited({ maxRefusals: 5 })
  for (let index = 0; index < 40; index += 1) await server.ask({})
  const before = server.told('refusal').length
  assert.ok(before >= 5 && before <= 15, String(before))
  await server.audit.close()
  const counted = server.told('refusals').reduce((sum, line) => sum + Number(line['count']), 0)
  assert.equal(before + counted, 40)
  assert.equal((await verifyLog(server.made.folder)).refusals, 40)
})

test('private fields are told by a hash that only the salt of the environment leads to, or left out', async () => {
  const { recordSchema } = fakeBundle()
  const { properties } = recordSchema as { properties: { shop: object } }
  const bundle = fakeBundle({
    recordSchema: { ...recordSchema, properties: { ...properties, shop: { ...properties.shop, private: true } } },
  })
  for (const [pseudonym, expected] of [
    [createPseudonyms('one salt'), /^private:[0-9a-f]{32}$/],
    [leftOut, /^\(private\)$/],
  ] as const) {
    await using server = await audited({ pseudonym }, bundle)
    await server.ask(record)
    const [line] = server.told('prediction')
    assert.ok(line)
    const { shop } = line['input'] as { shop: string }
    assert.match(shop, expected)
    assert.deepEqual(line['input'], { ...record, shop })
    assert.equal(line['entity'], `${shop}|${record.date}`)
    assert.doesNotMatch(JSON.stringify(server.made.lines()), /north/)
  }
  assert.equal(createPseudonyms('one salt')('north'), createPseudonyms('one salt')('north'))
  assert.notEqual(createPseudonyms('one salt')('north'), createPseudonyms('another')('north'))
})

test('with the policy refuse nobody is predicted for while the disk is full, and all goes on by itself', async () => {
  let predicted = 0
  const { predict } = fakeBundle()
  const counting = fakeBundle({
    predict: (records) => {
      predicted += 1
      return predict(records)
    },
  })
  await using server = await audited({}, counting)
  // What it is asked before anybody asks, to know its pace.
  predicted = 0
  await server.ask(record)
  server.disk.full = true
  const first = await server.ask(record)
  assert.deepEqual([first.statusCode, first.headers['retry-after']], [503, '1'])
  assert.equal(first.json().detail, 'predictions cannot be recorded now, so none are made')
  assert.equal(predicted, 2)
  for (let index = 0; index < 5; index += 1) assert.equal((await server.ask(record)).statusCode, 503)
  assert.equal(predicted, 2, 'refused before it was predicted')
  const metrics = (await server.app.inject('/metrics')).body
  assert.match(metrics, /^mergeline_audit_failing\{.*\} 1$/m)
  assert.match(metrics, /^mergeline_audit_lost_total\{.*\} 0$/m)
  server.disk.full = false
  while (server.audit.status.failing) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal((await server.ask(record)).statusCode, 200)
  const [gap] = server.told('gap')
  assert.deepEqual([gap?.['lost'], gap?.['refused']], [0, 6])
  assert.equal(server.told('prediction').length, 2)
})

test('with the policy serve answers leave all the same, and what has no record is counted, by the metric and in the log', async () => {
  await using server = await audited({ unwritable: 'serve' })
  await server.ask(record)
  server.disk.full = true
  for (let index = 0; index < 3; index += 1)
    assert.equal((await server.ask({ records: [record, record] })).statusCode, 200)
  assert.match((await server.app.inject('/metrics')).body, /^mergeline_audit_lost_total\{.*\} 6$/m)
  server.disk.full = false
  while (server.audit.status.failing) await new Promise((resolve) => setTimeout(resolve, 20))
  await server.ask(record)
  assert.equal(server.told('gap')[0]?.['lost'], 6)
  assert.match((await server.app.inject('/metrics')).body, /^mergeline_audit_records_total\{.*\} 3$/m)
})

test('ids are UUIDs of version 7 that sort by time and are never given twice', () => {
  const ids = Array.from({ length: 50_000 }, makeId)
  for (const id of ids.slice(0, 100))
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.deepEqual([...ids].sort(), ids)
  assert.equal(new Set(ids).size, ids.length)
  const ms = Number.parseInt((ids[0] as string).replaceAll('-', '').slice(0, 12), 16)
  assert.ok(Math.abs(ms - Date.now()) < 60_000)
})

test('of the records a key sees its own, and those of others where read was granted to it by name', async () => {
  await using server = await audited()
  const app = await createApp({
    ...appOptions,
    audit: server.audit,
    lookup: keyLookup([
      { id: 'usual', scopes: ['predict', 'read'], ownRecords: true, sha256: sha256('usual') },
      { id: 'named', scopes: ['predict', 'read'], sha256: sha256('named') },
      { id: 'predicts', scopes: ['predict'], sha256: sha256('predicts') },
    ]),
  })
  const as = (key: string) => ({ authorization: `Bearer ${key}` })
  for (const key of ['usual', 'named'])
    await app.inject({ method: 'POST', url: '/v1/predict', headers: as(key), payload: record })
  await app.inject({ method: 'POST', url: '/v1/predict', payload: record })
  const seen = async (key: string) => {
    const answer = await app.inject({ url: '/v1/audit', headers: as(key) })
    return answer.statusCode === 200 ? answer.json().records.map((one: { key: unknown }) => one.key) : answer.statusCode
  }
  assert.deepEqual(await seen('usual'), ['usual'])
  assert.deepEqual(await seen('named'), [null, 'named', 'usual'])
  assert.equal(await seen('predicts'), 403)
})
