import assert from 'node:assert/strict'
import test from 'node:test'
import { parse } from 'yaml'
import { recordSchema, target } from '../../pipeline/task/record.ts'
import { columns, mlmodel } from '../../pipeline/tracking/mlmodel.ts'

test("the task's MLmodel is YAML whose signature is JSON inside strings, the same every time", () => {
  const text = mlmodel(recordSchema, target)
  assert.equal(text, mlmodel(structuredClone(recordSchema), target))
  const read = parse(text) as { signature: { inputs: string; outputs: string } }
  const inputs = JSON.parse(read.signature.inputs) as { name: string }[]
  assert.deepEqual(
    inputs.map((input) => input.name),
    Object.keys(recordSchema.properties),
  )
  assert.deepEqual(JSON.parse(read.signature.outputs), [{ type: 'double', name: target.name, required: true }])
})

test('every JSON type has its MLflow type; names beyond ASCII survive YAML', () => {
  const schema = {
    type: 'object',
    required: ['né\u2028"'],
    properties: {
      'né\u2028"': { type: 'integer' },
      kind: { enum: ['a', 'b'] },
      place: { type: 'object', required: ['x'], properties: { x: { type: 'number' }, on: { type: 'boolean' } } },
    },
  }
  const place = { x: { type: 'double', required: true }, on: { type: 'boolean', required: false } }
  const expected = [
    { type: 'long', name: 'né\u2028"', required: true },
    { type: 'string', name: 'kind', required: false },
    { type: 'object', properties: place, name: 'place', required: false },
  ]
  assert.deepEqual(columns(schema), expected)
  assert.deepEqual(JSON.parse(parse(mlmodel(schema, { name: 'y' })).signature.inputs), expected)
})

test('a type that MLflow cannot say is an error that names the field', () => {
  assert.throws(
    () => columns({ type: 'object', properties: { odd: { type: 'null' } } }),
    /record schema: odd has the type "null"/,
  )
})
