import assert from 'node:assert/strict'
import { once } from 'node:events'
import { appendFile } from 'node:fs/promises'
import { request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { exampleRecord, untrainedBundle } from '../../bench/bundle.ts'
import { freePort } from '../free-port.ts'
import { repetitions } from '../repetitions.ts'
import { apiKey, temporaryFolder } from './helper.ts'
import { ready, setUp, start } from './process.ts'

const predict = (url: string) =>
  fetch(`${url}/v1/predict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ records: [exampleRecord] }),
  })

test('loads a bundle, is ready, predicts, and ends with 0 when told to', async () => {
  await using folder = await temporaryFolder()
  const { env, url, digest } = await setUp(folder.path, await freePort())
  await using server = start('server', env)
  assert.deepEqual(await ready(url), { digest, pid: server.pid, ready: true })
  const answer = await predict(url)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('x-mergeline-bin'), '9')
  assert.equal(((await answer.json()) as { digest: string }).digest, digest)
  server.kill('SIGTERM')
  assert.equal(await server.exited, 0)
})

test('told to end under load, breaks no request that it took', async (t) => {
  const times = repetitions(1)
  let answered = 0
  for (let time = 0; time < times; time += 1) answered += await endUnderLoad(100 + 37 * (time % 10))
  t.diagnostic(`${times} ends, ${answered} requests answered, none broken`)
})

/** The same on a connection of its own; returns the status. */
const predictAfresh = (url: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
    const asked = request(`${url}/v1/predict`, { method: 'POST', headers, agent: false }, (answer) => {
      answer.resume()
      answer.on('error', reject).on('end', () => resolve(answer.statusCode))
    })
    asked.on('error', reject)
    asked.end(JSON.stringify(exampleRecord))
  })

/** Tells a server to end while 16 clients ask it, half of them on fresh connections, after so many answers; returns how many it gave. */
async function endUnderLoad(after: number): Promise<number> {
  await using folder = await temporaryFolder()
  const { env, url } = await setUp(folder.path, await freePort())
  // None is refused because this machine is busy.
  await using server = start('server', { ...env, MERGELINE_MAX_WAIT_MS: '60000' })
  await ready(url)
  let answered = 0
  const clients = Array.from({ length: 16 }, async (_, client) => {
    for (;;) {
      try {
        if (client % 2 === 0) assert.equal(await predictAfresh(url), 200)
        else {
          const answer = await predict(url)
          assert.equal(answer.status, 200)
          await answer.arrayBuffer()
        }
      } catch (error) {
        // Nobody listens any more; what must not happen is a connection that breaks after it was accepted.
        const { code, cause = { code } } = error as { code?: string; cause?: { code?: string } }
        return cause.code
      }
      answered += 1
      if (answered === after) server.kill('SIGTERM')
    }
  })
  assert.deepEqual([...new Set(await Promise.all(clients))], ['ECONNREFUSED'])
  assert.ok(answered >= after)
  assert.equal(await server.exited, 0)
  return answered
}

test('a port that is taken ends it with 2 and one line that names port and cure', async () => {
  await using folder = await temporaryFolder()
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const { env } = await setUp(folder.path, port)
  await using server = start('server', env)
  assert.equal(await server.exited, 2)
  assert.equal(
    server.errors(),
    `serve: port 127.0.0.1:${port} is in use: stop what listens there, or choose another port (MERGELINE_PORT)\n`,
  )
  taken.close()
})

test('a bundle that was changed ends it with 2; one that predicts otherwise than it should, with 1', async () => {
  await using folder = await temporaryFolder()
  const { env, bundle } = await setUp(folder.path, 0)
  await appendFile(join(bundle, 'golden.jsonl'), ' ')
  await using changed = start('server', env)
  assert.equal(await changed.exited, 2)
  assert.match(changed.errors(), /golden\.jsonl/)
  await untrainedBundle(bundle, { change: (golden) => ({ ...golden, prediction: golden.prediction + 1 }) })
  await using other = start('server', env)
  assert.equal(await other.exited, 1)
  assert.match(other.errors(), /golden record 1 of 1 should be predicted as/)
})

test('settings that are missing or wrong end it with 2 and their name', async () => {
  const wrong: [Record<string, string>, RegExp][] = [
    [{}, /MERGELINE_BUNDLE is not set/],
    [{ MERGELINE_BUNDLE: '/x', MERGELINE_PORT: '80a' }, /MERGELINE_PORT must be a port from 0 to 65535, got "80a"/],
    [{ MERGELINE_BUNDLE: '/x' }, /MERGELINE_API_KEYS_FILE is not set/],
    [
      { MERGELINE_BUNDLE: '/x', MERGELINE_API_KEYS_FILE: '/nowhere/keys' },
      /\/nowhere\/keys: the file of API keys cannot be read/,
    ],
  ]
  for (const [env, expected] of wrong) {
    await using server = start('server', env)
    assert.equal(await server.exited, 2)
    assert.match(server.errors(), expected)
  }
})
