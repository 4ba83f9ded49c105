import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lineOfField, lineOfSetting } from '../../actions/shared/places.ts'

/** As in params.yaml, data.dvc and pipeline/task/record.ts of any project. */
const params = `# What people tune.
validate_data:
  max_shown: 5

train:
  seed: 1
  network:
    hidden: [24, 12]
    learning_rate: 0.01
`
const pointer = 'outs:\n- md5: 0123456789abcdef0123456789abcdef.dir\n  path: data\n'
const record = `export const recordSchema = Type.Object({
  shop: Type.String(),
  temperature_c: Type.Number({ minimum: -30 }),
})

export const rawFiles = {
  sales: {
    path: 'data/sales.csv',
    schema: Type.Object({ shop: Type.String() }),
  },
  weather: {
    path: 'data/weather.csv',
    schema: Type.Object({
      temperature_c: Type.Number({ minimum: -30 }),
    }),
  },
}
`
const lineAt = (text: string, line: number) => text.split('\n')[line - 1]?.trim()

test('a setting is found by its path, in maps and lists', () => {
  assert.equal(lineAt(params, lineOfSetting(params, 'train.network.learning_rate')), 'learning_rate: 0.01')
  assert.equal(lineAt(params, lineOfSetting(params, 'train.network.hidden.1')), 'hidden: [24, 12]')
  assert.match(lineAt(pointer, lineOfSetting(pointer, 'outs.0.md5')) ?? '', /md5:/)
})

test('where a setting is not there it is what would hold it, and the first line where nothing is', () => {
  assert.equal(lineAt(params, lineOfSetting(params, 'train.network.dropout')), 'network:')
  assert.equal(lineOfSetting(params, 'tune.trials'), 1)
  assert.equal(lineOfSetting('', 'train'), 1)
  assert.equal(lineOfSetting('a: [', 'a.b'), 1)
})

test('a field is found in the contract of its raw file, and in the record', () => {
  const lines = record.split('\n')
  const contract = lines.findIndex((line) => line.includes("path: 'data/weather.csv'"))
  const inWeather = lineOfField(record, 'temperature_c', 'data/weather.csv')
  const inRecord = lineOfField(record, 'temperature_c')
  assert.match(lineAt(record, inWeather) ?? '', /^temperature_c: Type/)
  assert.ok(inWeather > contract)
  assert.match(lineAt(record, inRecord) ?? '', /^temperature_c: Type/)
  assert.ok(inRecord < inWeather)
})

test('a field that the contract does not know is where the contract begins', () => {
  assert.match(
    lineAt(record, lineOfField(record, 'humidity (.*', 'data/weather.csv')) ?? '',
    /path: 'data\/weather\.csv'/,
  )
  assert.equal(lineOfField('', 'x', 'data/y.csv'), 1)
})
