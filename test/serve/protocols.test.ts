import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createApp } from '../../serve/app.ts'
import { recordsOf } from './any-record.ts'
import { apiKey, appOptions, digest, fakeBundle, record } from './helper.ts'

type Record = typeof record
const authorization = `Bearer ${apiKey}`
const app = await createApp({ ...appOptions, model: { name: 'fake', version: '7' } })
const post = (url: string, payload: unknown) =>
  app.inject({ method: 'POST', url, headers: { authorization }, payload: payload as object })
const infer = '/v2/models/fake/infer'

const columns = Object.keys(record) as (keyof Record)[]
const split = (records: readonly Record[], names = columns) => ({
  columns: names,
  index: records.map((_, index) => index),
  data: records.map((one) => names.map((name) => one[name])),
})
const byColumn = (records: readonly Record[]) =>
  Object.fromEntries(columns.map((name) => [name, records.map((one) => one[name])]))
const tensor = (name: keyof Record, datatype: string, records: readonly Record[], nested = false) => {
  const values = records.map((one) => one[name])
  const shape = name === 'recent' ? [records.length, 3] : [records.length]
  return { name, datatype, shape, data: nested ? values : values.flat() }
}
const tensors = (records: readonly Record[], nested = false) => [
  tensor('shop', 'BYTES', records, nested),
  tensor('date', 'BYTES', records, nested),
  tensor('temperature_c', 'FP64', records, nested),
  tensor('recent', 'FP64', records, nested),
]

const anyRecord = recordsOf(fakeBundle().recordSchema as { properties: object }) as fc.Arbitrary<Record>

test('every protocol gives the same numbers, whatever the records', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRecord, { minLength: 1, maxLength: 5 }), async (records) => {
      const expected = records.map((one) => JSON.parse(JSON.stringify(one.temperature_c * 10)))
      const predictions = async (url: string, body: unknown) => {
        const answer = await post(url, body)
        assert.equal(answer.statusCode, 200, answer.body)
        return url === infer ? answer.json().outputs[0].data : answer.json().predictions
      }
      const bodies: [string, unknown][] = [
        ['/v1/predict', { records }],
        ['/invocations', { dataframe_split: split(records) }],
        ['/invocations', { dataframe_split: split(records, columns.toReversed()), params: {} }],
        ['/invocations', { dataframe_records: records }],
        ['/invocations', { instances: records }],
        ['/invocations', { inputs: records }],
        ['/invocations', { inputs: byColumn(records) }],
        [infer, { inputs: tensors(records) }],
        [infer, { inputs: tensors(records, true).toReversed(), outputs: [{ name: 'units' }] }],
      ]
      for (const [url, body] of bodies) assert.deepEqual(await predictions(url, body), expected, JSON.stringify(body))
    }),
    { numRuns: 50, seed: 1 },
  )
})

test('answers in the words of each protocol, and tells the gateway what /v1/predict tells it', async () => {
  const invocation = await post('/invocations', { instances: [record] })
  assert.deepEqual(invocation.json(), { predictions: [200], digest: digest('a') })
  const inference = await post('/v2/models/fake/versions/7/infer', { id: 'mine', inputs: tensors([record, record]) })
  assert.deepEqual(inference.json(), {
    model_name: 'fake',
    model_version: '7',
    id: 'mine',
    parameters: { digest: digest('a') },
    outputs: [{ name: 'units', datatype: 'FP64', shape: [2], data: [200, 200] }],
  })
  for (const { headers } of [invocation, inference]) {
    assert.equal(headers['x-mergeline-digest'], digest('a'))
    assert.equal(headers['x-mergeline-bin'], '19')
    assert.equal(headers['x-mergeline-out-of-range'], '0')
  }
})

test('a column of single values may be a tensor of two dimensions, as pandas codecs send it', async () => {
  const inputs = tensors([record, record]).map((one) => (one.name === 'recent' ? one : { ...one, shape: [2, 1] }))
  assert.deepEqual((await post(infer, { inputs })).json().outputs[0].data, [200, 200])
})

const { shop: _, ...withoutShop } = record
const cold = { ...record, temperature_c: -31 }
const wrongRecent = { ...record, recent: [1, 'two', 3] } as unknown as Record
const change = (name: string, more: object) =>
  tensors([record]).map((one) => (one.name === name ? { ...one, ...more } : one))
const refused: [string, string, unknown, string, string][] = [
  ['no format', '/invocations', { records: [record] }, '#', 'exactly one of dataframe_split'],
  ['two formats', '/invocations', { instances: [record], inputs: [record] }, '#', 'exactly one of'],
  ['an array', '/invocations', [record], '#', 'exactly one of'],
  ['parameters', '/invocations', { instances: [record], params: { a: 1 } }, '#/params', 'must be empty'],
  ['no record', '/invocations', { instances: [] }, '#/instances', '1 to 1000 records'],
  ['a wrong value', '/invocations', { inputs: [record, cold] }, '#/inputs/1/temperature_c', 'must be >= -30'],
  ['a missing field', '/invocations', { instances: [withoutShop] }, '#/instances/0/shop', 'is missing'],
  [
    'a split without columns',
    '/invocations',
    { dataframe_split: { data: [[1]] } },
    '#/dataframe_split/columns',
    'array of names',
  ],
  [
    'a column that is no field',
    '/invocations',
    { dataframe_split: { columns: ['shop', 'x'], data: [['north', 1]] } },
    '#/dataframe_split/columns/1',
    'must be a field of a record: shop, date',
  ],
  [
    'a column twice',
    '/invocations',
    { dataframe_split: split([record], [...columns, 'shop']) },
    '#/dataframe_split/columns/4',
    'is there twice',
  ],
  [
    'a short row',
    '/invocations',
    { dataframe_split: { columns, data: [['north']] } },
    '#/dataframe_split/data/0',
    '4 values',
  ],
  [
    'a wrong value in a split',
    '/invocations',
    { dataframe_split: split([record, cold]) },
    '#/dataframe_split/data/1/2',
    'must be >= -30',
  ],
  [
    'a wrong value in an array',
    '/invocations',
    { dataframe_split: split([wrongRecent]) },
    '#/dataframe_split/data/0/3/1',
    'must be number',
  ],
  [
    'a wrong value in a column',
    '/invocations',
    { inputs: byColumn([record, cold]) },
    '#/inputs/temperature_c/1',
    'must be >= -30',
  ],
  [
    'columns of two lengths',
    '/invocations',
    { inputs: { ...byColumn([record]), date: [] } },
    '#/inputs/date',
    'array of 1 values, as shop is',
  ],
  ['no tensor', infer, { inputs: [] }, '#/inputs', 'must be an array of tensors: shop, date'],
  [
    'an unknown tensor',
    infer,
    { inputs: change('shop', { name: 'x' }) },
    '#/inputs/0/name',
    'must be a field of a record',
  ],
  [
    'a tensor twice',
    infer,
    { inputs: [...tensors([record]).slice(1), tensors([record])[1]] },
    '#/inputs/3/name',
    'is there twice',
  ],
  ['a missing tensor', infer, { inputs: tensors([record]).slice(1) }, '#/inputs', 'shop is missing'],
  ['another datatype', infer, { inputs: change('shop', { datatype: 'FP64' }) }, '#/inputs/0/datatype', 'must be BYTES'],
  ['another shape', infer, { inputs: change('recent', { shape: [1, 2] }) }, '#/inputs/3/data', 'array of 2 values'],
  [
    'a shape of another rank',
    infer,
    { inputs: change('recent', { shape: [3] }) },
    '#/inputs/3/shape',
    '[records, 3], with 1 to 1000 records',
  ],
  ['a shape without end', infer, { inputs: change('recent', { shape: [1, 2 ** 53] }) }, '#/inputs/3/shape', 'records'],
  [
    'tensors of two lengths',
    infer,
    { inputs: change('date', { shape: [2], data: ['2026-01-01', '2026-01-01'] }) },
    '#/inputs/1/shape/0',
    'must be 1, as of shop',
  ],
  [
    'binary data',
    infer,
    { inputs: change('shop', { parameters: { binary_data_size: 9 } }) },
    '#/inputs/0/parameters',
    'binary_data=False',
  ],
  ['a wrong value in a tensor', infer, { inputs: tensors([record, cold]) }, '#/inputs/2/data/1', 'must be >= -30'],
  ['a wrong element', infer, { inputs: tensors([record, wrongRecent]) }, '#/inputs/3/data/4', 'must be number'],
  [
    'a wrong element of nested data',
    infer,
    { inputs: tensors([record, wrongRecent], true) },
    '#/inputs/3/data/1/1',
    'must be number',
  ],
  [
    'an output that is not there',
    infer,
    { inputs: tensors([record]), outputs: [{ name: 'x' }] },
    '#/outputs',
    'units is the only one',
  ],
  ['a number for an id', infer, { id: 1, inputs: tensors([record]) }, '#/id', 'must be a string'],
  ['a key that is not known', infer, { inputs: tensors([record]), input: [] }, '#/input', 'is not known'],
]
for (const [what, url, body, pointer, message] of refused) {
  test(`${url} refuses ${what} with 422 and points at it`, async () => {
    const answer = await post(url, body)
    assert.equal(answer.statusCode, 422, answer.body)
    const [error] = answer.json().errors
    assert.equal(error.pointer, pointer)
    assert.ok(`${error.field} ${error.message}`.includes(message), `${error.field} ${error.message}`)
    if (url === infer) assert.equal(answer.json().error, answer.json().detail)
  })
}

test('tells the wrong fields of several records, and twenty at most', async () => {
  const errors = async (records: unknown[]) => (await post('/v1/predict', { records })).json().errors
  assert.deepEqual(
    (await errors([cold, record, { ...cold, shop: 1 }])).map((error: { pointer: string }) => error.pointer),
    ['#/records/0/temperature_c', '#/records/2/shop', '#/records/2/temperature_c'],
  )
  assert.equal((await errors(Array.from({ length: 500 }, () => ({ x: 1, 'a/b~c': 2 })))).length, 20)
  const [, , , , error] = await errors([{ 'a/b~\ud800 ü': 2 }])
  assert.equal(error.pointer, '#/records/0/a~1b~0%EF%BF%BD%20%C3%BC')
})

test('the Open Inference Protocol tells of server and model', async () => {
  const get = async (url: string) => {
    const answer = await app.inject({ url, headers: { authorization } })
    return [answer.statusCode, answer.json()]
  }
  assert.deepEqual(await get('/v2'), [200, { name: 'mergeline', version: '1', extensions: [] }])
  assert.deepEqual(await get('/v2/health/live'), [200, { live: true }])
  assert.deepEqual(await get('/v2/health/ready'), [200, { ready: true }])
  const metadata = {
    name: 'fake',
    versions: ['7'],
    platform: 'mergeline_tfjs',
    inputs: [
      { name: 'shop', datatype: 'BYTES', shape: [-1] },
      { name: 'date', datatype: 'BYTES', shape: [-1] },
      { name: 'temperature_c', datatype: 'FP64', shape: [-1] },
      { name: 'recent', datatype: 'FP64', shape: [-1, 3] },
    ],
    outputs: [{ name: 'units', datatype: 'FP64', shape: [-1] }],
  }
  for (const path of ['/v2/models/fake', '/v2/models/fake/versions/7']) {
    assert.deepEqual(await get(path), [200, metadata])
    assert.deepEqual(await get(`${path}/ready`), [200, { name: 'fake', ready: true }])
  }
  for (const path of ['/v2/models/other', '/v2/models/fake/versions/8', '/v2/models/other/ready']) {
    const [status, body] = await get(path)
    assert.equal(status, 404)
    assert.equal(body.error, body.detail)
  }
})
