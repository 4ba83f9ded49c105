import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import type { RawFile } from '../../pipeline/data/contract.ts'
import { targetFile } from '../../pipeline/data/validate.ts'
import { keyFields, rawFiles, target, timeField } from '../../pipeline/task/record.ts'

/** A raw file with these fields. */
const fileWith = (fields: readonly string[]): RawFile => ({
  path: 'data/x.csv',
  schema: Type.Object(Object.fromEntries(fields.map((field) => [field, Type.String()]))),
  key: [],
  time: timeField,
  series: [],
  gapDays: 0,
  tolerances: {},
})

test('records are traced to the raw file with the target, whatever it is called', () => {
  const [other, whole] = [fileWith([timeField, ...keyFields]), fileWith([target.name, timeField, ...keyFields])]
  assert.equal(targetFile({ other, whole }), whole)
  assert.ok(target.name in targetFile(rawFiles).schema.properties)
})

test('without such a file, the error says what is missing', () => {
  assert.throws(
    () => targetFile({ other: fileWith([timeField, ...keyFields]) }),
    new RegExp(`^InputError: pipeline/task/record\\.ts: no file of rawFiles .*${target.name}`),
  )
})
