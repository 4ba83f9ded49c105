import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDatabase } from '../../pipeline/data/duckdb.ts'
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
