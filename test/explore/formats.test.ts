import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDatabase } from '../../pipeline/data/duckdb.ts'
import { rowChanges } from '../../pipeline/explore/changed-rows.ts'
import type { Exploration } from '../../pipeline/explore/exploration.ts'
import { explore } from '../../pipeline/explore/explore.ts'
import { folderWith } from '../data/folder.ts'
import { subjectWith, visitsCsv } from './subject.ts'

test('Parquet, and a folder of parts, show what the same rows show as CSV', async () => {
  using folder = folderWith({ 'data/visits.csv': visitsCsv() })
  const data = join(folder.root, 'data')
  const csv = await explore(folder.root, subjectWith())
  mkdirSync(join(data, 'parts'))
  {
    using database = await openDatabase(data)
    const at = (name: string) => `'${join(data, name).replaceAll("'", "''")}'`
    const run = (sql: string) => database.connection.run(sql)
    await run(`CREATE TABLE visits AS SELECT CAST(date AS DATE) AS date, ward, patient, TRY_CAST(heat AS DOUBLE) AS heat, CAST(visits AS BIGINT) AS visits
      FROM read_csv(${at('visits.csv')}, all_varchar = true, nullstr = '')`)
    await run(`COPY visits TO ${at('visits.parquet')} (FORMAT parquet)`)
    await run(`COPY (SELECT * FROM visits LIMIT 800) TO ${at('parts/a.parquet')} (FORMAT parquet)`)
    await run(`COPY (SELECT * FROM visits OFFSET 800) TO ${at('parts/b.parquet')} (FORMAT parquet)`)
  }
  const seen = ({ tables: [table] }: Exploration) =>
    table?.fields.map(({ name, count, numbers, values, moments }) => [name, count, numbers, values, moments])
  const subject = subjectWith()
  const [file] = Object.values(subject.rawFiles)
  assert.ok(file)
  for (const path of ['data/visits.parquet', 'data/parts'])
    assert.deepEqual(
      seen(await explore(folder.root, { ...subject, rawFiles: { visits: { ...file, path } } })),
      seen(csv),
      path,
    )
})

test('Parquet that lacked a column is compared by those that it had', async () => {
  using old = folderWith({ 'data/other': '' })
  using now = folderWith({ 'data/other': '' })
  const write = async (root: string, sql: string) => {
    using database = await openDatabase(join(root, 'data'))
    const to = join(root, 'data/visits.parquet').replaceAll("'", "''")
    await database.connection.run(`COPY (${sql}) TO '${to}' (FORMAT parquet)`)
  }
  const rows = `SELECT DATE '2022-01-03' + CAST(i AS INTEGER) AS date, 'north' AS ward, i AS visits`
  await write(old.root, `${rows} FROM range(9) t(i)`)
  await write(now.root, `${rows}, 'Erika' AS patient, 20.5::DOUBLE AS heat FROM range(9) t(i)`)
  const subject = subjectWith()
  const file = { ...(subject.rawFiles['visits'] ?? assert.fail()), path: 'data/visits.parquet' }
  const found = await rowChanges(old.root, now.root, file)
  assert.ok(!('unknown' in found))
  assert.deepEqual([found.both, found.changed, found.added.rows, found.removed.rows], [9, 0, 0, 0])
  const also = { ...subject, rawFiles: { visits: file } }
  const { tables } = await explore(old.root, also, () => {}, { with: { tables: [] }, partial: true })
  assert.deepEqual(
    tables[0]?.fields.map(({ name, count }) => [name, count]),
    [
      ['date', 9],
      ['ward', 9],
      ['visits', 9],
    ],
  )
  await assert.rejects(explore(old.root, also), /visits\.parquet: its parts cannot be read as one table/)
})
