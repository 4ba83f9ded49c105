import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import type { RawFile } from '../../pipeline/data/contract.ts'
import { rowChanges } from '../../pipeline/explore/changed-rows.ts'
import { pageOf } from '../../pipeline/explore/page.ts'
import { standsOut } from '../../pipeline/explore/stands-out.ts'
import { folderWith } from '../data/folder.ts'
import { hostile, secret, subjectWith, visitsCsv } from './subject.ts'

const header = 'date,ward,patient,heat,visits'
const changesOf = async (before: string, now: string, secrets?: readonly string[]) => {
  using old = folderWith({ 'data/visits.csv': before })
  using after = folderWith({ 'data/visits.csv': now })
  const file = subjectWith(secrets).rawFiles['visits'] ?? assert.fail()
  return await rowChanges(old.root, after.root, file)
}

/** Of the days' rows, some are left out, one is told otherwise, and there are more after. */
function told(text: string): string {
  const [first = '', ...rows] = visitsCsv(805).trim().split('\n')
  const kept = rows.filter((_, index) => ![0, 1, 40].includes(index))
  const changed = kept.map((row) => {
    if (row.startsWith('2022-02-01,"north"'))
      return row.replace(/,(\d+),(\d+)$/, (_, heat, visits) => `,${heat},${Number(visits) + 50}`)
    if (row.startsWith('2022-02-02,"north"')) return row.replace(/,(\d+),(\d+)$/, (_, heat) => `,${heat},`)
    if (row.startsWith('2022-02-03,')) return row.replace(secret, text)
    return row
  })
  return `${[first, ...changed.toReversed()].join('\n')}\n`
}

test('rows are the same that have the same key: how many came and went, differ, in which field and by how much', async () => {
  const found = await changesOf(visitsCsv(), told('Somebody else'))
  assert.ok(!('unknown' in found))
  assert.deepEqual(found.added, { rows: 10, span: { from: '2024-03-13', to: '2024-03-17' } })
  assert.deepEqual(found.removed, { rows: 3, span: { from: '2022-01-03', to: '2022-01-23' } })
  assert.deepEqual([found.both, found.changed], [1597, 2])
  const [visits, ...others] = found.fields
  assert.deepEqual(others, [], 'a private field is not looked at')
  assert.deepEqual([visits?.field, visits?.rows, visits?.difference], ['visits', 2, { mean: 50, most: 50 }])
  assert.deepEqual(visits?.examples, [
    { key: '2022-02-01 | north', before: '18', now: '68' },
    { key: '2022-02-02 | north', before: '20', now: 'missing' },
  ])
})

test('the same rows in another order, and numbers written otherwise, have not changed', async () => {
  const [first = '', ...rows] = visitsCsv(50).trim().split('\n')
  const now = [first, ...rows.toReversed().map((row) => row.replace(/,(\d+)$/, ',$1.0'))].join('\n')
  const found = await changesOf(visitsCsv(50), `${now}\n`)
  assert.ok(!('unknown' in found))
  assert.deepEqual([found.added.rows, found.removed.rows, found.both, found.changed], [0, 0, 100, 0])
})

test('numbers that differ where people round are told in full', async () => {
  const found = await changesOf(`${header}\n2022-01-03,a,x,20.0001,2\n`, `${header}\n2022-01-03,a,x,20.0002,2\n`)
  assert.ok(!('unknown' in found))
  assert.deepEqual(found.fields[0]?.examples, [{ key: '2022-01-03 | a', before: '20.0001', now: '20.0002' }])
})

test('rows that share a key, or have none, are counted once each', async () => {
  const twice = `${header}\n2022-01-03,a,x,1,2\n2022-01-03,a,x,1,2\n,a,x,3,4\n`
  const found = await changesOf(twice, `${header}\n2022-01-03,a,x,1,2\n,a,x,3,9\n`)
  assert.ok(!('unknown' in found))
  assert.deepEqual([found.added.rows, found.removed.rows, found.both, found.changed], [0, 0, 2, 1])
  assert.deepEqual(found.fields[0]?.examples, [{ key: ' | a', before: '4', now: '9' }])
})

test('a key may have any name, and a day of the year 290000 is one that cannot be read', async () => {
  using old = folderWith({ 'data/t.csv': 'day,before0,now1\n2022-01-03,1,a\n290000-01-01,1,a\n' })
  using after = folderWith({ 'data/t.csv': 'day,before0,now1\n2022-01-03,1,b\n' })
  const day = Type.String({ format: 'date' })
  const file: RawFile = {
    ...(subjectWith().rawFiles['visits'] ?? assert.fail()),
    ...{ path: 'data/t.csv', key: ['day', 'before0'], time: 'day' },
    schema: Type.Object({ day, before0: Type.Number(), now1: Type.String() }),
  }
  const found = await rowChanges(old.root, after.root, file)
  assert.ok(!('unknown' in found))
  assert.deepEqual([found.removed, found.both], [{ rows: 1 }, 1])
  assert.deepEqual(found.fields[0]?.examples, [{ key: '2022-01-03 | 1.0', before: 'a', now: 'b' }])
})

test('of a key with a private field it is said that rows cannot be told apart, and nothing else; a file that lacked one likewise', async () => {
  assert.deepEqual(await changesOf(visitsCsv(30), told('x'), ['ward']), { unknown: 'ward, of its key, is private' })
  const lacking = 'date,patient,heat,visits\n2022-01-03,x,1,2\n'
  assert.deepEqual(await changesOf(lacking, visitsCsv(30)), { unknown: 'it had no ward, of its key' })
})

test('page and digest tell of them, with what data hold escaped and short', async () => {
  const long = hostile.repeat(100).replaceAll('"', '""')
  const swap = (text: string) => text.replaceAll('"north"', `"${long}"`).replace(/,(\d+)\n$/, ',7777\n')
  const byKey = await changesOf(swap(visitsCsv(30)).replace(/,7777\n$/, ',1\n'), swap(visitsCsv(31)))
  const before = { tables: [] }
  const table = { name: 'visits', path: 'data/visits.csv', rows: { before: 60, now: 62 }, fields: [], byKey }
  const comparison = { against: 'x', data: 'abc.dir', tables: [table], before }
  const lines = standsOut(before, comparison)
  assert.match(lines.join('\n'), /data\/visits\.csv: new rows: 2 \(2022-02-02\)\./)
  assert.match(
    lines.join('\n'),
    /1 of the 60 rows that both have differ\.\n.*: visits differs in 1 row \(\+\d+ on average\), as 2022-02-01 \| .*: 1 → \d+\./,
  )
  assert.ok(lines.every((line) => line.length < 500))
  const page = await pageOf('t', before, lines, comparison)
  assert.ok(!page.includes('<img'))
  assert.match(page, /row by row: new: 2 \(2022-02-02\), gone: 0; of 60 that both have, 1 differ\./)
})
