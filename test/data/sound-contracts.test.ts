import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import type { Check, RawFile } from '../../pipeline/data/contract.ts'
import { requireSoundContracts } from '../../pipeline/data/sound-contracts.ts'

const whom = { severity: 'error', owner: 'the meters' } as const
const schema = Type.Object({ date: Type.String({ format: 'date' }), meter: Type.String(), kwh: Type.Number() })
const fileWith = (path: string, checks: readonly Check[]): RawFile => ({
  ...{ path, schema, checks },
  ...{ key: ['date', 'meter'], time: 'date', series: ['meter'], gapDays: 3, tolerances: {} },
})

test('a check that names what the contract does not have is refused, with what it has', () => {
  const sound = (check: object) => () =>
    requireSoundContracts({
      t: fileWith('data/t.csv', [{ ...check, ...whom } as Check]),
      other: fileWith('data/o.csv', []),
    })
  assert.doesNotThrow(sound({ kind: 'fresh', days: 1, against: 'today' }))
  assert.doesNotThrow(sound({ kind: 'reference', fields: ['meter'], table: 'other', to: ['meter'] }))
  assert.throws(sound({ kind: 'unique', fields: ['kw'] }), {
    message:
      'pipeline/task/record.ts: rawFiles.t.checks[0] (unique): kw is no field of data/t.csv; known: date, meter, kwh',
  })
  assert.throws(sound({ kind: 'fresh', days: 1, against: 't' }), /t is no other table of rawFiles; known: other/)
  assert.throws(
    sound({ kind: 'reference', fields: ['meter'], table: 'other', to: ['metre'] }),
    /metre is no field of data\/o.csv/,
  )
  assert.throws(
    sound({ kind: 'disjoint', fields: ['meter'], table: 'other', from: ['meter', 'date'] }),
    /as many fields, got meter and meter, date/,
  )
  assert.throws(sound({ kind: 'unique', fields: [] }), /checks\[0\] \(unique\): no field is named; known: date, meter/)
  const contract = (part: object) => () => requireSoundContracts({ t: { ...fileWith('data/t.csv', []), ...part } })
  assert.doesNotThrow(contract({ series: [] }))
  assert.throws(contract({ series: ['metre'] }), /rawFiles\.t\.series: metre is no field of data\/t\.csv/)
  assert.throws(contract({ key: [] }), /rawFiles\.t\.key: no field is named/)
})

test('a field that cannot be a column beside those of the database is refused, and so is one that differs from another in case alone', () => {
  const withField = (name: string) => () =>
    requireSoundContracts({
      t: { ...fileWith('data/t.csv', []), schema: Type.Object({ ...schema.properties, [name]: Type.Number() }) },
    })
  assert.throws(withField('#line'), /rawFiles\.t\.schema: #line cannot be a field: .*rename the column in data\/t\.csv/)
  assert.throws(withField('File_Row_Number'), /File_Row_Number cannot be a field/)
  assert.throws(withField('Date'), /rawFiles\.t\.schema: Date is a field already, but for capital letters/)
  assert.doesNotThrow(withField('line'))
})
