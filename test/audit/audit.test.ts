import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { exportAudit } from '../../pipeline/audit/export.ts'
import { leftOut } from '../../pipeline/audit/pseudonym.ts'
import { queryAudit } from '../../pipeline/audit/query.ts'
import { verifyLogs } from '../../pipeline/audit/verify.ts'
import { createApp } from '../../serve/app.ts'
import { createAudit } from '../../serve/audit/audit.ts'
import { makeLog } from '../serve/audit/log.ts'
import { apiKey, appOptions, digest, fakeBundle, record } from '../serve/helper.ts'

/** A log as a server writes it: ten predictions for two shops, and a refusal, in several segments. */
async function served() {
  const made = await makeLog({ rotate: { bytes: 3000, ms: 1e9 } })
  const bundle = fakeBundle()
  const audit = createAudit({
    log: await made.open(),
    environment: 'test',
    image: null,
    unwritable: 'refuse',
    recordSchema: bundle.recordSchema,
    keyFields: ['shop', 'date'],
    pseudonym: leftOut,
  })
  const app = await createApp({ ...appOptions, bundle, audit })
  const ids: string[] = []
  for (let index = 0; index < 10; index += 1) {
    const payload = { ...record, shop: index % 2 ? 'north' : 'south', temperature_c: index }
    const headers = { authorization: `Bearer ${apiKey}`, 'x-request-id': `r-${index}` }
    ids.push((await app.inject({ method: 'POST', url: '/v1/predict', headers, payload })).json().prediction_ids[0])
  }
  await app.inject({ method: 'POST', url: '/v1/predict', headers: { authorization: `Bearer ${apiKey}` }, payload: {} })
  await app.close()
  await audit.close()
  return { made, ids }
}

let log: Awaited<ReturnType<typeof served>>
before(async () => {
  log = await served()
})
after(() => log.made[Symbol.asyncDispose]())

const cli = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['pipeline/cli.ts', 'audit', ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('records are found by id, request, entity, digest and time, the newest first', async () => {
  const { folder } = log.made
  const find = async (filter: object) =>
    (await queryAudit(folder, { limit: 100, ...filter })).map(({ output }) => output)
  assert.deepEqual(await find({ id: log.ids[3] }), [30])
  assert.deepEqual(await find({ id: 'r-4' }), [40])
  assert.deepEqual(await find({ entity: `south|${record.date}` }), [80, 60, 40, 20, 0])
  assert.equal((await find({ digest: digest('a').slice(0, 12) })).length, 11)
  assert.deepEqual(await find({ digest: 'sha256:b' }), [])
  assert.equal((await find({ since: '2020-01-01', until: '2099-01-01T00:00:00Z' })).length, 11)
  assert.deepEqual(await find({ until: '2020-01-01' }), [])
  assert.deepEqual(await find({ since: '2099-01-01' }), [])
  assert.deepEqual(
    (await queryAudit(folder, { limit: 2 })).map(({ kind }) => kind),
    ['refusal', 'prediction'],
  )
  const [first] = await queryAudit(folder, { limit: 1, id: log.ids[3] })
  assert.deepEqual(first?.['input'], { ...record, temperature_c: 3 })
  assert.equal(first?.['log'], 'log')
})

test('a query of one’s own reads the view, and neither files nor more', async () => {
  const { folder } = log.made
  const sql = (text: string) => queryAudit(folder, { limit: 10, sql: text })
  assert.deepEqual(
    await sql(
      "SELECT input->>'shop' AS shop, sum(output) AS sum FROM audit WHERE kind = 'prediction' GROUP BY 1 ORDER BY 1",
    ),
    [
      { shop: 'north', sum: 250 },
      { shop: 'south', sum: 200 },
    ],
  )
  const before = log.made.names().map((name) => readFileSync(join(folder, name), 'utf8'))
  for (const hostile of [
    `COPY (SELECT 1) TO '${log.made.file(1)}'`,
    'SELECT 1; DROP VIEW audit',
    "SELECT * FROM read_text('/etc/hostname')",
    `ATTACH '${folder}/x.db'`,
    'nonsense',
    '',
  ])
    await assert.rejects(sql(hostile), /--sql must be one SELECT over the view audit/, hostile)
  await assert.rejects(queryAudit(folder, { limit: 1, sql: 'SELECT 1', id: 'x' }), /--sql stands alone/)
  await assert.rejects(queryAudit(folder, { limit: 1, since: 'yesterday' }), /--since must be a time such as/)
  assert.deepEqual(
    log.made.names().map((name) => readFileSync(join(folder, name), 'utf8')),
    before,
  )
})

test('exports to Parquet what the filter lets through', async () => {
  const { folder } = log.made
  const output = join(dirname(folder), 'out', 'audit.parquet')
  const { records, bytes } = await exportAudit(folder, output, { entity: `north|${record.date}` })
  assert.equal(records, 5)
  assert.equal(readFileSync(output).length, bytes)
  const { openDatabase, query } = await import('../../pipeline/data/duckdb.ts')
  using database = await openDatabase(dirname(output))
  const rows = await query(database.connection, `SELECT output, input, id FROM '${output}' ORDER BY output`)
  assert.deepEqual(
    rows.map((row) => row['output']),
    [10, 30, 50, 70, 90],
  )
  assert.deepEqual(JSON.parse(String(rows[0]?.['input'])), { ...record, temperature_c: 1 })
  assert.equal(rows[1]?.['id'], log.ids[3])
  await assert.rejects(exportAudit(folder, join(folder, 'x.csv'), {}), /--output must end in \.parquet/)
})

test('on the command line: verified logs exit with 0, damaged ones with 1 and the place, none with 2', async () => {
  const { made } = log
  const { folder } = made
  const whole = cli('verify', '--folder', folder)
  assert.equal(whole.status, 0, whole.stderr)
  assert.match(whole.stdout, /10 predictions and 1 refusals in \d segments/)
  const found = JSON.parse(cli('query', '--folder', folder, '--id', log.ids[0] as string, '--json').stdout)
  assert.deepEqual([found.length, found[0].output], [1, 0])
  assert.match(cli('query', '--folder', dirname(folder), '--limit', '3').stdout, /^time +kind +id/)
  const head = JSON.parse(cli('verify', '--folder', folder, '--json').stdout).logs[0].head.hash
  assert.equal(cli('verify', '--folder', folder, '--anchor', head).status, 0)
  const unknown = cli('verify', '--folder', folder, '--anchor', 'f'.repeat(64))
  assert.equal(unknown.status, 1)
  assert.match(unknown.stdout, /The hash that was to be in a log is in none/)

  const bytes = readFileSync(made.file(2))
  writeFileSync(made.file(2), bytes.toString('utf8').replace('"output":', '"output": '))
  const damaged = cli('verify', '--folder', folder)
  assert.equal(damaged.status, 1)
  assert.match(damaged.stdout, /00000002\.jsonl, line 2, record \d+, byte \d+: not what was written/)
  writeFileSync(made.file(2), bytes)
  for (const [args, said] of [
    [['verify', '--folder', join(folder, 'none')], /no audit log there; a server writes one to the folder/],
    [['export', '--folder', folder], /--output is missing/],
    [['query', '--folder', folder, '--limit', 'x'], /--limit must be a whole number of at least 1, got x/],
    [['look'], /one of verify, query, export must follow/],
    [[], /one of verify, query, export must follow/],
  ] as const) {
    const wrong = cli(...args)
    assert.equal(wrong.status, 2, args.join(' '))
    assert.match(wrong.stderr, said)
  }
  assert.equal(cli('--help').status, 0)
  assert.match(cli('verify', '--help').stdout, /Usage: npm run audit -- verify\|query\|export/)
})

test('a log whose end was taken away is whole by itself, and is found by the hash that was noted', async () => {
  const other = await served()
  await using made = other.made
  const { head } = (await verifyLogs(made.folder)).logs[0] as { head: { hash: string } }
  const lines = readFileSync(made.file(made.names().length), 'utf8').split('\n')
  writeFileSync(made.file(made.names().length), `${lines.slice(0, -2).join('\n')}\n`)
  assert.equal((await verifyLogs(made.folder)).ok, true)
  assert.deepEqual((await verifyLogs(made.folder, head.hash)).ok, false)
})

test('segments that were removed, put in, exchanged or added to are found', async () => {
  const changes: readonly (readonly [(made: typeof log.made) => void, RegExp, string])[] = [
    [(made) => rmSync(made.file(2)), /the segment before it is missing/, '00000003.jsonl'],
    [(made) => rmSync(made.file(1)), /the segments before it are missing, and no line says/, '00000002.jsonl'],
    [
      (made) => writeFileSync(made.file(2), readFileSync(made.file(1))),
      /this is segment 1 under the name of another/,
      '00000002.jsonl',
    ],
    [(made) => writeFileSync(made.file(2), ''), /empty/, '00000002.jsonl'],
    [
      (made) => appendFileSync(made.file(1), `${readFileSync(made.file(1), 'utf8').split('\n')[1]}\n`),
      /added after the segment had ended/,
      '00000001.jsonl',
    ],
    [
      (made) => writeFileSync(made.file(1), dropLine(readFileSync(made.file(1), 'utf8'), -2)),
      /its end is missing/,
      '00000001.jsonl',
    ],
    [
      (made) => writeFileSync(made.file(1), dropLine(readFileSync(made.file(1), 'utf8'), 2)),
      /a record is missing before it, from 3 on/,
      '00000001.jsonl',
    ],
    [
      (made) => writeFileSync(made.file(1), swapLines(readFileSync(made.file(1), 'utf8'))),
      /out of its place/,
      '00000001.jsonl',
    ],
  ]
  for (const [change, what, segment] of changes) {
    const { made } = await served()
    assert.ok(existsSync(made.file(3)))
    change(made)
    const { findings = [] } = (await verifyLogs(made.folder)).logs[0] ?? {}
    const match = findings.find((finding) => what.test(finding.what))
    assert.ok(match, `${what}: ${JSON.stringify(findings)}`)
    assert.equal(match.segment, segment)
    await made[Symbol.asyncDispose]()
  }
})

const dropLine = (text: string, at: number) => text.split('\n').toSpliced(at, 1).join('\n')
function swapLines(text: string): string {
  const lines = text.split('\n')
  return lines
    .with(1, lines[2] as string)
    .with(2, lines[1] as string)
    .join('\n')
}
