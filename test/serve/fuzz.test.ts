// No body makes the server crash or fail: `MERGELINE_REPETITIONS=1000000 npm test test/serve/fuzz.test.ts` makes the figure that is cited.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { untrainedBundle } from '../../bench/bundle.ts'
import { recordSchema } from '../../pipeline/task/record.ts'
import { loadBundle } from '../../pipeline/tracking/bundle.ts'
import { createApp } from '../../serve/app.ts'
import { exampleTensors } from '../../serve/openapi/example.ts'
import { inputTensors } from '../../serve/protocols/tensors.ts'
import { createRecordCheck } from '../../serve/record-check.ts'
import { repetitions } from '../repetitions.ts'
import { recordsOf } from './any-record.ts'
import { apiKey, appOptions, temporaryFolder } from './helper.ts'

const folder = await temporaryFolder()
after(() => folder[Symbol.asyncDispose]())
await untrainedBundle(join(folder.path, 'bundle'))
const bundle = await loadBundle(join(folder.path, 'bundle'))
// None is refused because this machine is busy.
const app = await createApp({ ...appOptions, bundle, maxWaitMs: Number.POSITIVE_INFINITY })
const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }

type Json = fc.JsonValue
type Request = { readonly url: string; readonly body: Json }
const record = recordsOf(recordSchema) as fc.Arbitrary<{ [name: string]: Json }>
const tensors = inputTensors(createRecordCheck(recordSchema))

/** Bodies that are right, in each protocol. */
const right: fc.Arbitrary<Request> = fc.array(record, { minLength: 1, maxLength: 3 }).chain((records) => {
  const [first = {}] = records
  const columns = Object.keys(first)
  const data = records.map((one) => columns.map((column) => one[column] as Json))
  const invocations = [
    { dataframe_split: { columns, data } },
    { dataframe_records: records },
    { instances: records },
    { inputs: Object.fromEntries(columns.map((column) => [column, records.map((one) => one[column] as Json)])) },
  ]
  return fc.constantFrom<Request>(
    { url: '/v1/predict', body: { records } },
    { url: '/v1/predict', body: first },
    ...invocations.map((body) => ({ url: '/invocations', body: body as Json })),
    { url: '/v2/models/fake/infer', body: { id: 'x', inputs: exampleTensors(first, tensors) as unknown as Json } },
  )
})

const nasty = fc.constantFrom<Json>(
  ...[
    null,
    true,
    -0,
    1e308,
    -1e308,
    2 ** 53,
    1e-320,
    'NaN',
    '__proto__',
    'constructor',
    '9999-12-31',
    '0000-01-01',
    '\ud800',
    [],
    {},
    [[]],
  ],
  ...[{ __proto__: null, records: [] }, 'x'.repeat(10_000), [1, [2, [3, [4]]]], { length: 1e9 }],
)
const anything = fc.oneof(nasty, fc.jsonValue())

/** Changes one value somewhere in a body: another one in its place, or none, or a key more. */
function changed(value: Json, way: readonly number[], by: Json, how: number): Json {
  const [step, ...rest] = way
  if (step === undefined || typeof value !== 'object' || value === null) return by
  const keys = Object.keys(value)
  if (keys.length === 0) return by
  const key = keys[step % keys.length] as string
  const inner = (value as { [key: string]: Json })[key] as Json
  const deeper = typeof inner === 'object' && inner !== null && rest.length > 0
  const copy = structuredClone(value) as { [key: string]: Json }
  if (deeper) copy[key] = changed(inner, rest, by, how)
  else if (how === 0) delete copy[key]
  else if (how === 1) copy[typeof by === 'string' ? by : 'more'] = inner
  else copy[key] = by
  return copy
}

const wrong: fc.Arbitrary<Request> = fc
  .tuple(right, fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }), anything, fc.nat(5))
  .map(([{ url, body }, way, by, how]) => ({ url, body: changed(body, way, by, how) }))

/** Changes a text: a piece cut out, doubled, or another in its place. */
const broken = fc
  .tuple(
    right,
    fc.nat(),
    fc.nat(20),
    fc.constantFrom('', '"', '[', '{', '}', ',', '\\', '\u0000', 'é', '1e999', '[['.repeat(40)),
  )
  .map(([{ url, body }, at, length, piece]) => {
    const text = JSON.stringify(body)
    const from = at % text.length
    return { url, text: text.slice(0, from) + piece + text.slice(from + length) }
  })
const url = fc.constantFrom('/v1/predict', '/invocations', '/v2/models/fake/infer')
const bodies: fc.Arbitrary<{ readonly url: string; readonly text: string }> = fc.oneof(
  right.map(({ url, body }) => ({ url, text: JSON.stringify(body) })),
  wrong.map(({ url, body }) => ({ url, text: JSON.stringify(body) })),
  broken,
  fc.record({ url, text: fc.oneof(fc.json(), fc.string(), fc.string({ unit: 'binary' })) }),
)

const counts = new Map<number, number>()

async function ask({ url, text }: { readonly url: string; readonly text: string }): Promise<void> {
  const answer = await app.inject({ method: 'POST', url, headers, payload: text })
  const { statusCode: status } = answer
  counts.set(status, (counts.get(status) ?? 0) + 1)
  assert.ok([200, 400, 422].includes(status), `${status}: ${answer.body}`)
  const body = answer.json()
  if (status === 200) {
    const predictions: unknown[] = body.predictions ?? body.outputs[0].data
    assert.ok(
      predictions.length > 0 && predictions.every((one) => Number.isFinite(one) && Number(one) >= 0),
      answer.body,
    )
  } else {
    assert.equal(body.status, status)
    assert.doesNotMatch(answer.body, /node_modules|\.ts\b|Error:/)
    for (const error of body.errors ?? []) assert.match(error.pointer, /^#(\/[^/]*)*$/)
  }
}

test('no body is answered with 5xx, and every refusal is a problem', async (t) => {
  const together = 20
  await fc.assert(
    fc.asyncProperty(fc.array(bodies, { minLength: together, maxLength: together }), async (requests) => {
      await Promise.all(requests.map(ask))
    }),
    { numRuns: Math.ceil(repetitions(4000) / together), seed: 6, endOnFailure: true },
  )
  t.diagnostic([...counts].map(([status, count]) => `${status}: ${count}`).join(', '))
  for (const status of [200, 400, 422]) assert.ok((counts.get(status) ?? 0) > 50, `${status} is not tried`)
})
