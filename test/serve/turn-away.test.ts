import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, test } from 'node:test'
import { createApp } from '../../serve/app.ts'
import { appOptions, digest } from './helper.ts'

const app = await createApp({ ...appOptions, maxInFlight: 0 })
await app.ready()
const server = createServer(app.answer).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
after(() => server.close())

/** Sends the head of a request alone; its body never comes. */
async function send(line: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`${line} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) {
    text += chunk
    if (text.endsWith('}')) break
  }
  return text
}

const paths = ['/v1/predict', '/v1/predict?explain=true', '/invocations']
const inference = ['/v2/models/fake/infer', '/v2/models/fake/versions/1/infer']

test('who there is no room for is refused on every route that predicts, before a body is read', async () => {
  for (const path of [...paths, ...inference]) {
    const answer = await send(`POST ${path}`)
    assert.match(answer, /^HTTP\/1\.1 503 /, path)
    for (const header of [
      /content-type: application\/problem\+json/,
      /retry-after: 1/,
      new RegExp(`x-mergeline-digest: ${digest('a')}`),
    ])
      assert.match(answer, header)
    const { status, detail, error } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))
    assert.deepEqual([status, detail], [503, 'too many requests at once'])
    assert.equal(error, inference.includes(path) ? detail : undefined)
  }
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  assert.match(metrics, /mergeline_requests_total\{route="\/v1\/predict",status="5xx",[^}]*\} 2/)
})

test('whoever asks for anything else is answered as ever', async () => {
  assert.equal((await fetch(`http://127.0.0.1:${port}/live`)).status, 200)
  assert.equal((await fetch(`http://127.0.0.1:${port}/v1/predict`)).status, 405)
  assert.equal((await fetch(`http://127.0.0.1:${port}/v2/models/fake/inference`, { method: 'POST' })).status, 404)
})

test('a server that drains says so to them as well', async () => {
  assert.doesNotMatch(await send('POST /v1/predict'), /connection: close/i)
  app.drain()
  assert.match(await send('POST /v1/predict'), /connection: close/i)
})
