import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatewaySettings, readSettings, serverSettings } from '../../serve/settings.ts'

const read = (environment: Record<string, string>) =>
  readSettings(serverSettings, { MERGELINE_BUNDLE: '/bundle', ...environment })

test('settings have types and defaults; an empty one counts as not set', () => {
  const settings = read({ MERGELINE_PORT: '0', MERGELINE_HOST: '', MERGELINE_API_KEYS_FILE: '', PATH: '/bin' })
  assert.equal(settings.MERGELINE_PORT, 0)
  assert.equal(settings.MERGELINE_HOST, '127.0.0.1')
  assert.equal(settings.MERGELINE_API_KEYS_FILE, undefined)
  assert.equal(settings.MERGELINE_MAX_RECORDS, 1000)
})

const wrong: [string, string, RegExp][] = [
  ['MERGELINE_PORT', '80a', /MERGELINE_PORT must be a port from 0 to 65535, got "80a"$/],
  ['MERGELINE_PORT', '65536', /must be a port/],
  ['MERGELINE_PORT', '1e3', /must be a port/],
  ['MERGELINE_PORT', 'tcp://10.0.0.1:8080', /set enableServiceLinks to false/],
  ['MERGELINE_MAX_RECORDS', '0', /a whole number from 1 to 1000000, records in one request/],
  ['MERGELINE_MODEL_NAME', 'a b', /MERGELINE_MODEL_NAME must be the name of the model/],
  ['MERGELINE_JWT_ISSUER', 'ftp://x', /must be a URL, the issuer/],
  ['MERGELINE_DOCS', 'yes', /must be on or off/],
  ['MERGELINE_PROT', '80', /MERGELINE_PROT is no setting; the server's are MERGELINE_BUNDLE, /],
]
for (const [name, value, expected] of wrong) {
  test(`refuses ${name}=${value}`, () => assert.throws(() => read({ [name]: value }), expected))
}

test('tells everything that is wrong at once', () => {
  assert.throws(
    () => readSettings(serverSettings, { MERGELINE_PORT: 'x', MERGELINE_X: '1' }),
    (error: Error) => error.message.split('\n').length === 3 && /MERGELINE_BUNDLE is not set/.test(error.message),
  )
})

test("neither the gateway's settings nor what Kubernetes sets are the server's typos, and the other way round", () => {
  read({
    MERGELINE_GATEWAY_STATE: '/state',
    MERGELINE_SERVICE_HOST: '10.0.0.1',
    MERGELINE_STAGING_SERVICE_PORT_HTTP: '80',
    MERGELINE_STAGING_PORT: 'tcp://10.0.0.1:80',
    MERGELINE_PORT_8080_TCP_ADDR: '10.0.0.1',
  })
  const gateway = readSettings(gatewaySettings, { MERGELINE_GATEWAY_STATE: '/state', MERGELINE_PORT: '1' })
  assert.deepEqual(gateway, {
    MERGELINE_GATEWAY_STATE: '/state',
    MERGELINE_GATEWAY_HOST: '127.0.0.1',
    MERGELINE_GATEWAY_PORT: 8080,
    MERGELINE_GATEWAY_MAX_IN_FLIGHT: 1024,
  })
})
