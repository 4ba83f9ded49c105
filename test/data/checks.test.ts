import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { checksOf } from '../../pipeline/data/checks.ts'
import type { Check, RawFile } from '../../pipeline/data/contract.ts'
import { openDatabase } from '../../pipeline/data/duckdb.ts'
import { find } from '../../pipeline/data/findings.ts'

const whom = { severity: 'error', owner: 'the meters' } as const
const schema = Type.Object({
  date: Type.String({ format: 'date' }),
  meter: Type.String(),
  count: Type.Integer(),
  kwh: Type.Number(),
  customer: Type.String({ private: true }),
})
const fileWith = (path: string, checks: readonly Check[]): RawFile => ({
  path,
  schema,
  key: ['date', 'meter'],
  time: 'date',
  series: ['meter'],
  gapDays: 3,
  tolerances: {},
  checks,
})

type Row = readonly [date: string, meter: string, count: string, kwh: string, customer?: string]

/** What one check finds in `rows` (the first is line 2), beside another table of `others`: line and value of each. */
async function found(check: Check, rows: readonly Row[], others: readonly Row[] = []) {
  using database = await openDatabase('.')
  const { connection } = database
  for (const [table, content] of [['t', rows] as const, ['other', others] as const]) {
    await connection.run(
      `CREATE TABLE ${table} ("#line" BIGINT, date VARCHAR, meter VARCHAR, count VARCHAR, kwh VARCHAR, customer VARCHAR)`,
    )
    for (const [index, row] of content.entries()) {
      const cells = [...row, 'Ann'].slice(0, 5).map((cell) => (cell === '' ? 'NULL' : `'${cell}'`))
      await connection.run(`INSERT INTO ${table} VALUES (${index + 2}, ${cells.join(', ')})`)
    }
  }
  const files = new Map([
    ['t', fileWith('data/t.csv', [check])],
    ['other', fileWith('data/other.csv', [])],
  ])
  const findings = await find(connection, checksOf('t', files, new Date('2024-01-20T23:00:00Z')), 50)
  for (const finding of findings) {
    assert.equal(finding.file, 'data/t.csv')
    assert.equal(finding.rule, check.kind)
    assert.equal(finding.severity, 'error')
    assert.equal(finding.owner, 'the meters')
    assert.notEqual(finding.cure, '')
    assert.doesNotMatch(JSON.stringify(finding), /Ann|Bob/)
  }
  return findings.flatMap(({ shown }) => shown.map(({ row, value }) => `${row} ${value}`))
}

const day = (n: number) => `2024-01-${String(n).padStart(2, '0')}`
/** Ten good days of two meters, whose counters rise. */
const good: Row[] = Array.from({ length: 20 }, (_, n) => [
  day(1 + Math.floor(n / 2)),
  n % 2 === 0 ? 'a' : 'b',
  String(9 + 3 * n),
  String((((n * 7919) % 97) + 1) / 4),
])
const changed = (n: number, column: number, value: string) =>
  good.map((row, at) => (at === n ? (row.map((cell, of) => (of === column ? value : cell)) as unknown as Row) : row))

const cases: readonly { check: Check; bad: readonly Row[]; others?: readonly Row[]; told: readonly string[] }[] = [
  {
    check: { kind: 'unique', fields: ['customer', 'count'], ...whom },
    bad: changed(4, 2, '9'),
    told: ['6 (private)|9, as line 2'],
  },
  {
    check: { kind: 'monotone', field: 'count', direction: 'rising', strictly: true, ...whom },
    bad: changed(6, 2, '15'),
    told: ['8 a: 15 after 21'],
  },
  {
    check: { kind: 'monotone', field: 'count', direction: 'rising', strictly: true, ...whom },
    bad: changed(6, 2, '21'),
    told: ['8 a: 21 after 21'],
  },
  { check: { kind: 'gaps', field: 'count', most: 6, ...whom }, bad: changed(2, 2, ''), told: ['6 a: 9 to 21'] },
  {
    check: { kind: 'gaps', field: 'date', most: 1, ...whom },
    bad: good.filter(([date]) => date !== day(5)),
    told: ['10 a: 2024-01-04 to 2024-01-06', '11 b: 2024-01-04 to 2024-01-06'],
  },
  {
    check: { kind: 'fresh', days: 10, against: 'today', ...whom },
    bad: good.filter(([date]) => date < day(9)),
    told: ['16 2024-01-08, 12 days'],
  },
  {
    check: { kind: 'fresh', days: 1, against: 'other', ...whom },
    bad: good.filter(([date]) => date < day(9)),
    told: ['16 2024-01-08, 2 days'],
  },
  {
    check: { kind: 'reference', fields: ['date', 'meter'], table: 'other', to: ['date', 'meter'], ...whom },
    bad: changed(3, 1, 'c'),
    told: ['5 2024-01-02|c'],
  },
  {
    // A number that is written in another way is the same number; one that is none, or is empty there, hides nothing.
    check: { kind: 'reference', fields: ['kwh'], table: 'other', to: ['kwh'], ...whom },
    bad: changed(0, 3, '99.5'),
    others: [
      ...good.map(([date, meter, count, kwh]): Row => [date, meter, count, `${kwh}0`.replace(/^(\d+)0$/, '$1.0')]),
      [day(1), 'x', '1', 'x'],
      [day(1), 'y', '1', ''],
    ],
    told: ['2 99.5'],
  },
  {
    check: { kind: 'disjoint', fields: ['customer'], table: 'other', from: ['customer'], ...whom },
    bad: [...good.slice(0, 3), [day(2), 'b', '1', '1', 'Bob']],
    others: [[day(3), 'a', '1', '1', 'Bob']],
    told: ['5 (private)'],
  },
  {
    check: { kind: 'determined', field: 'customer', by: ['meter'], ...whom },
    bad: changed(5, 4, 'Bob').map((row, n) => (n === 5 ? ([...row.slice(0, 4), 'Bob'] as unknown as Row) : row)),
    told: ['7 b: (private), most (private)'],
  },
  {
    check: { kind: 'copied', fields: ['kwh'], days: 4, ...whom },
    bad: good.map((row, n) =>
      n >= 12 && n % 2 === 1 ? ([...row.slice(0, 3), good[n - 11]?.[3]] as unknown as Row) : row,
    ),
    told: ['21 b to 2024-01-10, as a to 2024-01-05'],
  },
]
for (const { check, bad, others = good, told } of cases) {
  test(`${check.kind}${'against' in check ? ` (${check.against})` : ''}: found on its line, and nothing in good rows`, async () => {
    assert.deepEqual(await found(check, bad, others), told)
    const clean = check.kind === 'disjoint' ? [[day(3), 'a', '1', '1', 'Zoe'] as Row] : good
    assert.deepEqual(await found(check, good, clean), [])
  })
}
