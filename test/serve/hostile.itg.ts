import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { exampleRecord } from '../../bench/bundle.ts'
import { askAs, refusedCases } from '../../bench/serving/refused-cases.ts'
import { freePort } from '../free-port.ts'
import { apiKey, temporaryFolder } from './helper.ts'
import { patient, ready, setUp, start } from './process.ts'

// What a refusal costs beside an answer is measured by `npm run bench -- refused`.
test('who is refused is told so, whatever they send, and cannot make the server ask the issuer again and again', async () => {
  await using folder = await temporaryFolder()
  const { env, url } = await setUp(folder.path, await freePort())
  await using given = await refusedCases(apiKey)
  await using _server = start('server', { ...env, ...patient, ...given.env })
  await ready(url)
  const began = performance.now()
  for (const one of given.cases) await askAs(one, url, 300)
  // Once for the first token, and for names that nobody knows at most once in 30 s.
  const most = 2 + Math.floor((performance.now() - began) / 30_000)
  assert.ok(given.asked() >= 1 && given.asked() <= most, `${given.asked()} questions to the issuer`)
})

test('who promises more than 1 MiB is refused before it is sent', async () => {
  await using folder = await temporaryFolder()
  const port = await freePort()
  const { env, url } = await setUp(folder.path, port)
  await using server = start('server', env)
  await ready(url)
  const socket = connect(port, '127.0.0.1')
  socket.write(
    `POST /v1/predict HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${apiKey}\r\ncontent-type: application/json\r\ncontent-length: 2000000\r\n\r\n`,
  )
  const [answer] = await once(socket, 'data')
  assert.match(String(answer), /^HTTP\/1\.1 413 [\s\S]*"status":413/)
  socket.destroy()
  server.kill('SIGTERM')
  assert.equal(await server.exited, 0)
})

test('three hundred clients that never finish their request are sent away, and nobody else waits for them', async () => {
  await using folder = await temporaryFolder()
  const port = await freePort()
  const { env, url } = await setUp(folder.path, port)
  await using server = start('server', env)
  await ready(url)
  let gone = 0
  const slow = Array.from({ length: 300 }, async (_, index) => {
    const socket: Socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk))
    socket.on('error', () => {})
    const head = `POST /v1/predict HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${apiKey}\r\ncontent-type: application/json\r\n`
    socket.write(index % 2 ? head : `${head}content-length: 500\r\n\r\n{`)
    const drip = setInterval(() => socket.writable && socket.write(index % 2 ? 'x: y\r\n' : ' '), 500)
    await once(socket, 'close')
    clearInterval(drip)
    gone += 1
    return answer.slice(9, 12)
  })
  await sleep(500)
  for (let request = 0; request < 10; request += 1) {
    const answer = await fetch(`${url}/v1/predict`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(exampleRecord),
    })
    assert.equal(answer.status, 200)
  }
  // Others were answered while all of these were still there.
  assert.equal(gone, 0)
  assert.deepEqual([...new Set(await Promise.all(slow))], ['408'])
  server.kill('SIGTERM')
  assert.equal(await server.exited, 0)
})
