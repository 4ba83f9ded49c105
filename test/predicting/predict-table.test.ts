import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { exampleRecord, untrainedBundle } from '../../bench/bundle.ts'
import { openDatabase, query } from '../../pipeline/data/duckdb.ts'
import { evaluateDirectly } from '../../pipeline/predicting/evaluator.ts'
import { predictTable } from '../../pipeline/predicting/predict-table.ts'
import { recordSchema, type TaskRecord } from '../../pipeline/task/record.ts'
import { loadBundle } from '../../pipeline/tracking/bundle.ts'
import { createApp } from '../../serve/app.ts'
import { recordsOf } from '../serve/any-record.ts'
import { apiKey, appOptions, temporaryFolder } from '../serve/helper.ts'

const folder = await temporaryFolder()
after(() => folder[Symbol.asyncDispose]())
const bundle = join(folder.path, 'bundle')
await untrainedBundle(bundle)
const at = (name: string) => join(folder.path, name)
const progress = () => {}
const fields = Object.keys(recordSchema.properties) as (keyof TaskRecord)[]
const near = (got: number, expected: number) => Math.abs(got - expected) <= 1e-5 * Math.max(1, Math.abs(expected))

function writeCsv(name: string, records: readonly object[], more = ''): string {
  const cell = (value: unknown) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return `"${text.replaceAll('"', '""')}"`
  }
  const lines = records.map((record) => fields.map((field) => cell((record as TaskRecord)[field])).join(','))
  writeFileSync(at(name), `${[fields.join(','), ...lines].join('\n')}\n${more}`)
  return at(name)
}

async function read(file: string) {
  using database = await openDatabase(folder.path)
  const from = file.endsWith('.csv') ? `read_csv('${file}', header = true)` : `read_parquet('${file}')`
  return await query(database.connection, `SELECT prediction, model FROM ${from}`)
}

// Within what training can have seen: far from it, float32 leaves fewer digits than five.
const likely = recordsOf({
  properties: {
    ...recordSchema.properties,
    date: { enum: ['2021-02-03', '2023-07-15', '2024-12-31'] },
    temperature_c: { type: 'number', minimum: -5, maximum: 38 },
    rain_mm: { type: 'number', minimum: 0, maximum: 60 },
    recent_temperature_c: {
      type: 'array',
      minItems: 14,
      maxItems: 14,
      items: { type: 'number', minimum: -5, maximum: 38 },
    },
  },
}) as fc.Arbitrary<TaskRecord>

test('the same record has the same prediction from TensorFlow.js on each backend, directly, in a file, and by every protocol', async () => {
  const records = JSON.parse(JSON.stringify(fc.sample(likely, { numRuns: 300, seed: 1 }))) as TaskRecord[]
  const direct = await loadBundle(bundle, { evaluator: evaluateDirectly })
  assert.equal(direct.backend, 'direct')
  const singly = records.flatMap((record) => direct.predict([record]))
  const told: { [way: string]: readonly unknown[] } = { 'direct, as one batch': direct.predict(records) }
  for (const backend of ['wasm', 'cpu'] as const) {
    const loaded = await loadBundle(bundle, { backend })
    told[backend] = loaded.predict(records)
    loaded.dispose()
  }
  await predictTable({ bundle, input: writeCsv('all.csv', records), output: at('all.parquet'), progress })
  told['CSV to Parquet'] = (await read(at('all.parquet'))).map(({ prediction }) => prediction)
  const app = await createApp({ ...appOptions, bundle: direct })
  const post = async (url: string, payload: object) => {
    const answer = await app.inject({ method: 'POST', url, headers: { authorization: `Bearer ${apiKey}` }, payload })
    assert.equal(answer.statusCode, 200, answer.body)
    return answer.json()
  }
  told['/v1/predict'] = (await post('/v1/predict', { records })).predictions
  told['/invocations'] = (await post('/invocations', { dataframe_records: records })).predictions
  const inputs = fields.map((name) => {
    const data = records.map((record) => record[name])
    const datatype = { string: 'BYTES', boolean: 'BOOL' }[typeof data[0] as 'string'] ?? 'FP64'
    return { name, datatype, shape: [records.length, ...(Array.isArray(data[0]) ? [14] : [])], data }
  })
  told['/v2'] = (await post('/v2/models/fake/infer', { inputs })).outputs[0].data
  for (const [way, predictions] of Object.entries(told)) {
    assert.equal(predictions.length, records.length, way)
    predictions.forEach((got, row) => {
      assert.ok(near(Number(got), singly[row] as number), `${way}, row ${row}: ${got}, not ${singly[row]}`)
    })
  }
  direct.dispose()
})

test('Parquet in and CSV out; other columns go through, in their order, and the digest is named', async () => {
  const records = Array.from({ length: 5000 }, (_, row) => ({ ...exampleRecord, temperature_c: (row % 300) / 10 }))
  using database = await openDatabase(folder.path)
  const csv = writeCsv('many.csv', records)
  await database.connection.run(
    `COPY (SELECT 'row ' || (row_number() OVER ()) AS "my id", * REPLACE (recent_temperature_c::DOUBLE[] AS recent_temperature_c, recent_units_sold::BIGINT[] AS recent_units_sold) FROM read_csv('${csv}', header = true)) TO '${at('many.parquet')}' (FORMAT parquet)`,
  )
  const lines: string[] = []
  const done = await predictTable({
    bundle,
    input: at('many.parquet'),
    output: at('out.csv'),
    progress: (line) => lines.push(line),
  })
  assert.equal(done.records, 5000)
  assert.equal(lines.at(-1), 'predicted 5,000 of 5,000 records')
  const rows = await query(database.connection, `SELECT * FROM read_csv('${at('out.csv')}', header = true)`)
  assert.equal(rows[4999]?.['my id'], 'row 5000')
  assert.equal(rows[17]?.['model'], done.digest)
  assert.equal(rows[17]?.['temperature_c'], 1.7)
  const loaded = await loadBundle(bundle)
  assert.ok(near(Number(rows[17]?.['prediction']), loaded.predict([records[17] as TaskRecord])[0] as number))
  loaded.dispose()
})

test('the verb does it from the command line', async () => {
  const [input, output] = [writeCsv('verb.csv', [exampleRecord]), at('verb.parquet')]
  const cli = join(import.meta.dirname, '../../pipeline/cli.ts')
  const args = [cli, 'predict', '--bundle', bundle, '--input', input, '--output', output]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  assert.match(stdout, /^1 records predicted by sha256:\w{64}: .*verb\.parquet$/m)
  assert.equal((await read(output)).length, 1)
})

test('a row that is no record, a missing column and another ending are refused by name, and nothing is written', async () => {
  const output = at('never.csv')
  const refused = (input: string, to: string, expected: RegExp) =>
    assert.rejects(predictTable({ bundle, input, output: to, progress }), expected)
  const wrong = { ...exampleRecord, temperature_c: 99 }
  await refused(
    writeCsv('wrong.csv', [exampleRecord, wrong]),
    output,
    /row 2: temperature_c must be <= 50; nothing was written/,
  )
  const half = { ...exampleRecord, recent_units_sold: 'many' }
  await refused(writeCsv('half.csv', [half]), output, /row 1: recent_units_sold must be array/)
  writeFileSync(at('short.csv'), 'shop,date\nharbour,2024-01-01\n')
  await refused(at('short.csv'), output, /has no column temperature_c, rain_mm/)
  await refused(at('nowhere.csv'), output, /nowhere\.csv cannot be read/)
  await refused(at('records.xlsx'), output, /--input must end in \.csv or \.parquet/)
  await refused(at('short.csv'), at('x.json'), /--output must end in/)
  await refused(at('short.csv'), at('short.csv'), /another file/)
  assert.deepEqual(
    readdirSync(folder.path).filter((name) => /never|beside/.test(name)),
    [],
  )
  assert.match(readFileSync(at('short.csv'), 'utf8'), /^shop/)
})
