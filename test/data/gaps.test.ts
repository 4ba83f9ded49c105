import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Type } from 'typebox'
import type { RawFile } from '../../pipeline/data/contract.ts'
import { gatherDays } from '../../pipeline/data/days.ts'
import { openDatabase } from '../../pipeline/data/duckdb.ts'
import { find } from '../../pipeline/data/findings.ts'
import { spanOf, spanRules } from '../../pipeline/data/span-rules.ts'
import { repetitions } from '../repetitions.ts'

const file = (series: readonly string[]): RawFile => ({
  path: 'data/t.csv',
  schema: Type.Object({ date: Type.String({ format: 'date' }), first: Type.String(), length: Type.String() }),
  key: ['date', ...series],
  time: 'date',
  series: [...series],
  gapDays: 2,
  tolerances: {},
})

const dayOf = (n: number) => new Date(Date.UTC(2024, 1, 24 + n)).toISOString().slice(0, 10)
type Row = { readonly day: number; readonly names: readonly [string | null, string | null] }
const name = fc.constantFrom('a', 'b', null)
const row: fc.Arbitrary<Row> = fc.record({ day: fc.integer({ min: 0, max: 9 }), names: fc.tuple(name, name) })

/** What is told of each gap, by line: worked out from the days of each series one by one. */
function gapsOf(rows: readonly Row[], fields: number): readonly string[] {
  const [from, to] = [Math.min(...rows.map(({ day }) => day)), Math.max(...rows.map(({ day }) => day))]
  const series = Map.groupBy(
    rows.map((row, at) => ({ ...row, line: at + 2 })),
    ({ names }) => JSON.stringify(names.slice(0, fields)),
  )
  return [...series].flatMap(([key, own]) => {
    const name = fields === 0 ? 'the series' : (JSON.parse(key) as (string | null)[]).map((of) => of ?? '').join('|')
    const lines = Map.groupBy(own, ({ day }) => day)
    const days = [...lines.keys()].sort((a, b) => a - b)
    const last = days.at(-1) as number
    return [...days, to + 1].flatMap((day, at) => {
      const before = days[at - 1] ?? from - 1
      const line = lines.get(day <= last ? day : last)?.[0]?.line
      const told = `${line} ${name}: ${dayOf(before + 1)} to ${dayOf(day - 1)}, ${day - before - 1} days`
      return day - before > 1 ? [told] : []
    })
  })
}

for (const series of [[], ['first'], ['first', 'length']]) {
  test(`generated days of series told apart by ${series.length} fields: each gap is told on its line, whole series are not`, async () => {
    using database = await openDatabase('.')
    const { connection } = database
    const whole = Array.from({ length: 10 }, (_, day): Row => ({ day, names: ['whole', null] }))
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), fc.boolean(), async (some, more) => {
        const rows = more ? [...some, ...whole] : some
        await connection.run('CREATE OR REPLACE TABLE t ("#line" BIGINT, date VARCHAR, first VARCHAR, length VARCHAR)')
        const cell = (value: string | null) => (value === null ? 'NULL' : `'${value}'`)
        const values = rows.map(({ day, names }, n) => `(${n + 2}, '${dayOf(day)}', ${names.map(cell).join(', ')})`)
        // A row without a day, and one with a day that is none: both are told by other rules.
        await connection.run(
          `INSERT INTO t VALUES ${values.join(', ')}, (90, NULL, 'a', 'a'), (91, '9999-01-01', 'a', 'a')`,
        )
        const contract = file(series)
        await gatherDays(connection, 't', contract)
        const span = await spanOf(connection, [{ table: 't', file: contract }], contract)
        const found = await find(connection, await spanRules(connection, 't', contract, span), 100)
        const told = found.flatMap(({ rule, severity, shown }) =>
          rule === 'missing days' ? shown.map(({ row, value }) => `${severity} ${row} ${value}`) : [],
        )
        const wanted = gapsOf(rows, series.length).map((gap) => {
          const days = Number(/, (\d+) days$/.exec(gap)?.[1])
          return `${days <= contract.gapDays ? 'warning' : 'error'} ${gap}`
        })
        assert.deepEqual(told.toSorted(), wanted.toSorted())
        const days = new Set(rows.map(({ day }) => day)).size
        assert.deepEqual(
          found.filter(({ rule }) => rule === 'too few days').map(({ shown }) => shown),
          [[{ row: 91, value: `${days} days` }]],
        )
      }),
      { numRuns: repetitions(60), seed: 1 },
    )
  })
}
