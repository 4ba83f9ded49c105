import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { Type } from 'typebox'
import type { RawFile } from '../../pipeline/data/contract.ts'
import { loadRawFile } from '../../pipeline/data/csv.ts'
import { literal, openDatabase, query } from '../../pipeline/data/duckdb.ts'
import { checkRawFiles } from '../../pipeline/data/validate.ts'
import { folderWith } from './folder.ts'

const contract = (path: string): RawFile => ({
  path,
  schema: Type.Object({
    date: Type.String({ format: 'date' }),
    shop: Type.Enum(['a', 'b'], { type: 'string' }),
    units: Type.Integer({ minimum: 0 }),
    open: Type.Boolean(),
    price: Type.Number({ exclusiveMinimum: 0 }),
  }),
  key: ['date', 'shop'],
  time: 'date',
  series: ['shop'],
  gapDays: 1,
  tolerances: { price: { missingShare: 0.1 } },
  owner: 'the till',
  checks: [{ kind: 'monotone', field: 'units', direction: 'rising', severity: 'error', owner: 'the counter' }],
})

const header = 'date,shop,units,open,price'
const day = (n: number) => new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(0, 10)
const row = (n: number, shop: string, units = n) =>
  `${day(n)},${shop},${units},${n % 2 === 0},${n === 7 ? '' : 1 + (n % 5) / 4}`
const rowsOf = (shop: string, wrong?: number) => Array.from({ length: 80 }, (_, n) => row(n, shop, n === wrong ? 3 : n))
const withoutShop = (line: string) =>
  line
    .split(',')
    .filter((_, at) => at !== 1)
    .join(',')
const csv = (lines: readonly string[]) => `${lines.join('\n')}\n`

async function toParquet(sql: string, path: string) {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (${sql}) TO ${literal(path)} (FORMAT parquet, ROW_GROUP_SIZE 2048)`)
  connection.closeSync()
  instance.closeSync()
}

/** The same rows, of which the eleventh of shop b counts backwards, in each form that a contract may name: its path, and where the finding is. */
async function forms(root: string) {
  mkdirSync(join(root, 'data/parquet/shop=a'), { recursive: true })
  mkdirSync(join(root, 'data/parquet/shop=b'), { recursive: true })
  const read = `read_csv(${literal(join(root, 'data/all.csv'))}, nullstr = '')`
  await toParquet(`SELECT * FROM ${read}`, join(root, 'data/all.parquet'))
  for (const shop of ['a', 'b'])
    await toParquet(
      `SELECT * EXCLUDE (shop) FROM ${read} WHERE shop = '${shop}'`,
      join(root, `data/parquet/shop=${shop}/1.parquet`),
    )
  return {
    'data/all.csv': { row: 92, value: 'b: 3 after 9' },
    'data/all.parquet': { row: 91, value: 'b: 3 after 9' },
    'data/parts': { row: 12, value: 'shop=b/1.csv: b: 3 after 9' },
    'data/parquet': { row: 11, value: 'shop=b/1.parquet: b: 3 after 9' },
  }
}
const files = {
  'data/all.csv': csv([header, ...rowsOf('a'), ...rowsOf('b', 10)]),
  'data/parts/shop=a/1.csv': csv([header, ...rowsOf('a')].map(withoutShop)),
  'data/parts/shop=b/1.csv': csv([header, ...rowsOf('b', 10)].map(withoutShop)),
}

test('CSV, Parquet and folders of parts are one table: the same findings, each on the row of its part, and the same rows for training', async () => {
  using folder = folderWith(files)
  const read: unknown[] = []
  for (const [path, told] of Object.entries(await forms(folder.root))) {
    const params = { max_shown: 5, family_wise_error: 0.01 }
    const report = await checkRawFiles(folder.root, params, new Date(), { t: contract(path) })
    assert.deepEqual(
      report.files.map(({ rows }) => rows),
      [160],
      path,
    )
    assert.deepEqual(
      report.findings.map(({ rule, severity, count, owner }) => [rule, severity, count, owner]),
      [
        ['out of order', 'warning', 79, 'the till'],
        ['missing values', 'warning', 2, 'the till'],
        ['monotone', 'error', 1, 'the counter'],
      ],
      path,
    )
    assert.deepEqual(report.findings.at(-1)?.shown, [told])
    using database = await openDatabase(join(folder.root, 'data'))
    await loadRawFile(database.connection, 'rows', folder.root, contract(path))
    const rows = await query(
      database.connection,
      'SELECT date, shop, units, open, CAST(price AS DOUBLE) AS price FROM rows ORDER BY "#"',
    )
    assert.equal(rows.length, 160)
    read.push(rows)
  }
  for (const rows of read) assert.deepEqual(rows, read[0])
})

test('columns of another type, parts of two formats, and what is no Parquet are told', async () => {
  using folder = folderWith({
    ...files,
    'data/mixed/1.csv': 'x\n1\n',
    'data/mixed/2.parquet': 'x',
    'data/broken.parquet': 'no',
    'data/empty/.keep': '',
  })
  const { root } = folder
  await toParquet(
    `SELECT '2024-01-01' AS date, 'a' AS shop, 1.5 AS units, true AS open, 1 AS price, 0 AS more`,
    join(root, 'data/typed.parquet'),
  )
  const told = async (path: string) =>
    (
      await checkRawFiles(root, { max_shown: 5, family_wise_error: 0.01 }, new Date(), { t: contract(path) })
    ).findings.map(({ rule, field, what }) => `${rule} ${field ?? ''}: ${what}`)
  assert.deepEqual(await told('data/typed.parquet'), [
    'unknown column : a column is not in the schema',
    'type date: date is a column of VARCHAR where the schema has date',
    'type units: units is a column of DECIMAL(2,1) where the schema has integer',
  ])
  assert.match((await told('data/mixed'))[0] ?? '', /parts are of one format/)
  assert.match((await told('data/broken.parquet'))[0] ?? '', /^not Parquet : the file cannot be read as Parquet/)
  assert.match((await told('data/empty'))[0] ?? '', /parts are .csv or .parquet/)
  assert.match((await told('data/away.parquet'))[0] ?? '', /^missing file/)
})

test('folders of Parquet may be named by numbers, days and yes or no; a name that is none of its type is told', async () => {
  const columns = {
    date: `DATE '2024-01-01' + CAST(i AS INTEGER)`,
    shop: `'a'`,
    units: 'i',
    open: 'true',
    price: '1.5',
  }
  const told = async (name: string) => {
    using folder = folderWith({ 'data/other': '' })
    const at = join(folder.root, 'data/parts', name)
    mkdirSync(at, { recursive: true })
    const [fixed] = name.split('=')
    const select = Object.entries(columns).flatMap(([field, sql]) => (field === fixed ? [] : [`${sql} AS ${field}`]))
    await toParquet(`SELECT ${select.join(', ')} FROM range(70) t(i)`, join(at, '1.parquet'))
    const params = { max_shown: 5, family_wise_error: 0.01 }
    const { checks: _, ...file } = contract('data/parts')
    const { findings } = await checkRawFiles(folder.root, params, new Date(), { t: file })
    return findings
      .filter(({ rule }) => /type|format|minimum|table/.test(rule))
      .map(({ rule, field, what }) => `${rule} ${field}: ${what}`)
  }
  for (const sound of ['units=5', 'price=3.5', 'date=2024-02-29', 'open=false', 'shop=b', '__proto__=x'])
    assert.deepEqual(await told(sound), [], sound)
  assert.deepEqual(await told('units=-5'), ['minimum units: units must be at least 0'])
  for (const [name, rule, what] of [
    ['units=1.5', 'type', 'units must be a whole number'],
    ['price=much', 'type', 'price must be a number'],
    ['open=maybe', 'type', 'open must be true or false'],
    ['date=2024-02-30', 'format', 'date must be a date as YYYY-MM-DD'],
  ] as const)
    assert.deepEqual(await told(name), [`${rule} ${name.split('=')[0]}: ${what}, which the name of its folder is not`])
  assert.match(
    (await told('shop=%zz'))[0] ?? '',
    /^not a table .*a folder has a % in its name without two hexadecimal digits after it: data\/parts\/shop=%zz/,
  )
})
