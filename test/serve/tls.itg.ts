import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'
import { Agent, request } from 'undici'
import { exampleRecord } from '../../bench/bundle.ts'
import { freePort } from '../free-port.ts'
import { makePair, seen } from './certificate.ts'
import { apiKey, temporaryFolder } from './helper.ts'
import { setUp, start, until } from './process.ts'

test('serves over TLS, and takes a new certificate without a restart and without a failed request', async () => {
  await using folder = await temporaryFolder()
  const port = await freePort()
  const { env } = await setUp(folder.path, port)
  const certificate = join(folder.path, 'certificate.pem')
  const key = join(folder.path, 'key.pem')
  await makePair(certificate, key)
  const tls = { MERGELINE_TLS_CERTIFICATE_FILE: certificate, MERGELINE_TLS_KEY_FILE: key }
  await using server = start('server', { ...env, ...tls })
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  const predict = () =>
    request(`https://127.0.0.1:${port}/v1/predict`, {
      dispatcher,
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(exampleRecord),
    })
  await until('an answer', async () => ((await predict()).statusCode === 200 ? true : undefined))
  const answer = await predict()
  assert.match(String(answer.headers['strict-transport-security']), /max-age/)
  await answer.body.dump()

  // Who does not speak TLS is sent away, and harms nobody.
  const plain = connect(port, '127.0.0.1', () => plain.write('GET /live HTTP/1.1\r\n\r\n'))
  plain.on('error', () => {})
  plain.resume()
  await once(plain, 'close')

  const before = await seen(port)
  let running = true
  const statuses = new Set<number>()
  const client = (async () => {
    while (running) {
      const { statusCode, body } = await predict()
      await body.dump()
      statuses.add(statusCode)
    }
  })()
  await writeFile(certificate, 'half a certificate')
  await until('word of it', async () => (/the certificate before stays/.test(server.errors()) ? true : undefined))
  assert.equal(await seen(port), before)
  await makePair(certificate, key)
  await until('the new certificate', async () => ((await seen(port)) === before ? undefined : true))
  running = false
  await client
  assert.deepEqual([...statuses], [200])
  await dispatcher.close()
  server.kill('SIGTERM')
  assert.equal(await server.exited, 0)
})

test("the image's health check asks as the server answers, with a certificate and without", async () => {
  await using folder = await temporaryFolder()
  const dockerfile = await readFile(new URL('../../serve/Dockerfile', import.meta.url), 'utf8')
  const [, told = ''] = /^HEALTHCHECK .*\\\n\s*CMD (\[.*\])$/m.exec(dockerfile) ?? []
  const [program, ...words] = JSON.parse(told) as [string, ...string[]]
  assert.equal(program, 'node')
  const check = async (env: Readonly<Record<string, string>>) =>
    (await execa(process.execPath, words, { env, extendEnv: false, reject: false })).exitCode
  const pair = { certificate: join(folder.path, 'certificate.pem'), key: join(folder.path, 'key.pem') }
  await makePair(pair.certificate, pair.key)
  for (const tls of [{}, { MERGELINE_TLS_CERTIFICATE_FILE: pair.certificate, MERGELINE_TLS_KEY_FILE: pair.key }]) {
    const { env } = await setUp(folder.path, await freePort())
    const all = { ...env, ...tls }
    assert.equal(await check(all), 1)
    await using server = start('server', all)
    await until('healthy', async () => ((await check(all)) === 0 ? true : undefined))
    server.kill('SIGTERM')
    assert.equal(await server.exited, 0)
  }
})
