import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApp } from '../../serve/app.ts'
import { isDeeper } from '../../serve/json-body.ts'
import { apiKey, appOptions, record } from './helper.ts'

const authorization = `Bearer ${apiKey}`

test('tells how deep a text nests as a parser would, whatever its strings hold', () => {
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  assert.equal(isDeeper(deep(32), 32), false)
  assert.equal(isDeeper(deep(33), 32), true)
  assert.equal(isDeeper(`{"a":${'{"b":'.repeat(32)}1`, 32), true)
  assert.equal(isDeeper(`["${'['.repeat(100)}", [[1]]]`, 4), false)
  assert.equal(isDeeper(`["\\"${'['.repeat(100)}\\\\", [[1]]]`, 4), false)
  assert.equal(isDeeper(`["\\\\", ${deep(5)}]`, 4), true)
  assert.equal(isDeeper(`${'[]'.repeat(100)}`, 4), false)
  assert.equal(isDeeper(`"${'['.repeat(100)}`, 4), false)
})

test('refuses a body that nests a million levels before it is parsed', async (t) => {
  const app = await createApp(appOptions)
  const parse = t.mock.method(JSON, 'parse')
  for (const payload of [
    '['.repeat(1_000_000),
    `{"records":${'{"a":'.repeat(200_000)}`,
    `{"a":"${'\\'.repeat(900_000)}`,
  ]) {
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/predict',
      headers: { authorization, 'content-type': 'application/json' },
      payload,
    })
    assert.equal(answer.statusCode, 400)
  }
  assert.deepEqual(
    parse.mock.calls.filter(({ arguments: [text] }) => isDeeper(String(text), 32)),
    [],
  )
})

test('a key __proto__ is a field that is not known, and changes no object', async () => {
  const app = await createApp(appOptions)
  const poison = '"__proto__":{"shop":"north","polluted":true}'
  const bodies = [
    ['/v1/predict', `{${poison}}`],
    ['/v1/predict', `{"records":[{${poison}}]}`],
    ['/v1/predict', `{"records":[{"constructor":{"prototype":{"polluted":true}}}]}`],
    ['/invocations', `{"instances":[{${poison}}]}`],
    ['/invocations', `{"inputs":{${poison}}}`],
    ['/invocations', `{"dataframe_split":{"columns":["__proto__"],"data":[[{"polluted":true}]]}}`],
    ['/v2/models/fake/infer', `{"inputs":[{"name":"__proto__","datatype":"BYTES","shape":[1],"data":["x"]}]}`],
    ['/v2/models/fake/infer', `{${poison},"inputs":[]}`],
  ] as const
  for (const [url, payload] of bodies) {
    const headers = { authorization, 'content-type': 'application/json' }
    const answer = await app.inject({ method: 'POST', url, headers, payload })
    assert.equal(answer.statusCode, 422, `${url} ${payload}`)
    assert.equal(({} as { polluted?: boolean }).polluted, undefined)
  }
})

test('an address that cannot be decoded is a problem that does not repeat it', async () => {
  const app = await createApp(appOptions)
  const answer = await app.inject('/secret%zz')
  assert.equal(answer.statusCode, 400)
  assert.match(String(answer.headers['content-type']), /problem\+json/)
  assert.doesNotMatch(answer.body, /secret/)
})

test('what is no HTTP, and headers that are too long, are problems as well', async () => {
  const app = await createApp(appOptions)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const send = async (text: string) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk))
    await once(socket, 'close')
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    assert.match(head, /content-type: application\/problem\+json/)
    return [Number(head.slice(9, 12)), JSON.parse(body).status]
  }
  assert.deepEqual(await send('hello\r\n\r\n'), [400, 400])
  assert.deepEqual(await send(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`), [431, 431])
  await app.close()
})

test('who is told of a broken request, and does not hang up, is cut off', async () => {
  const app = await createApp(appOptions)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const closed = once(socket, 'close')
  socket.on('error', () => {})
  socket.write('no HTTP\r\n\r\n')
  // It goes on sending: only a connection that is gone makes that fail.
  const more = setInterval(() => socket.write('x'), 50)
  const open = () => new Promise<number>((resolve) => app.server.getConnections((_error, count) => resolve(count)))
  for (const limit = Date.now() + 60_000; (await open()) > 0; await sleep(50)) assert.ok(Date.now() < limit)
  clearInterval(more)
  socket.destroy()
  await closed
  await app.close()
})

test('no number is infinite, no text is plain, and no small request asks for a billion of anything', async () => {
  const app = await createApp(appOptions)
  const post = (url: string, payload: string, type = 'application/json') =>
    app.inject({ method: 'POST', url, payload, headers: { authorization: `Bearer ${apiKey}`, 'content-type': type } })
  const one = JSON.stringify(record)
  const number = Object.entries(record).find(([, value]) => typeof value === 'number')?.[0]
  const endless = one.replace(new RegExp(`("${number}":)[^,}]+`), '$11e999')
  assert.notEqual(endless, one)
  assert.equal((await post('/v1/predict', endless)).statusCode, 422)
  assert.equal((await post('/v1/predict', one, 'text/plain')).statusCode, 415)
  const tensor = { name: number, datatype: 'FP64', shape: [1, 1_000_000_000, 0], data: [] }
  const answer = await post('/v2/models/fake/infer', JSON.stringify({ inputs: [tensor] }))
  assert.equal(answer.statusCode, 422, answer.body)
})
