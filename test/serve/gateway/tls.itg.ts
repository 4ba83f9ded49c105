import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Agent, request } from 'undici'
import { freePort } from '../../free-port.ts'
import { makePair, seen } from '../certificate.ts'
import { temporaryFolder } from '../helper.ts'
import { start, until } from '../process.ts'

test('the gateway serves over TLS, takes a new certificate without a restart, and drains', async () => {
  await using folder = await temporaryFolder()
  const [certificate, key] = [join(folder.path, 'certificate.pem'), join(folder.path, 'key.pem')]
  await makePair(certificate, key)
  const port = await freePort()
  const state = join(folder.path, 'state')
  await using gateway = start('gateway', {
    MERGELINE_GATEWAY_STATE: state,
    MERGELINE_GATEWAY_PORT: String(port),
    MERGELINE_GATEWAY_TLS_CERTIFICATE_FILE: certificate,
    MERGELINE_GATEWAY_TLS_KEY_FILE: key,
  })
  await until('gateway.json', () => readFile(join(state, 'gateway.json')))
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  const ask = () => request(`https://127.0.0.1:${port}/v1/predict`, { dispatcher, method: 'POST', body: '{}' })
  const answer = await ask()
  assert.equal(answer.statusCode, 503)
  assert.match(await answer.body.text(), /nothing is deployed here yet/)

  const before = await seen(port)
  await writeFile(certificate, 'half a certificate')
  await until('word of it', async () => (/the certificate before stays/.test(gateway.errors()) ? true : undefined))
  assert.equal(await seen(port), before)
  await makePair(certificate, key)
  await until('the new certificate', async () => ((await seen(port)) === before ? undefined : true))
  assert.equal((await ask()).statusCode, 503)
  await dispatcher.close()
  gateway.kill('SIGTERM')
  assert.equal(await gateway.exited, 0)
})

test('a certificate without its key is one clear line, and exit code 2', async () => {
  await using folder = await temporaryFolder()
  await using gateway = start('gateway', {
    MERGELINE_GATEWAY_STATE: folder.path,
    MERGELINE_GATEWAY_PORT: '0',
    MERGELINE_GATEWAY_TLS_CERTIFICATE_FILE: join(folder.path, 'certificate.pem'),
  })
  assert.equal(await gateway.exited, 2)
  assert.match(gateway.errors(), /MERGELINE_GATEWAY_TLS_KEY_FILE belong together/)
})
