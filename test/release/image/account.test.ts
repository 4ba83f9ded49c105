import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test } from 'node:test'
import { accountFiles, accountFor } from '../../../pipeline/release/image/account.ts'

const dir = mkdtempSync(join(tmpdir(), 'mergeline-account-'))
after(() => rmSync(dir, { recursive: true }))

let files = 0
/** A file of accounts with this content. */
function file(content: unknown): string {
  const path = join(dir, `${files++}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}
const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })

test('the files are those that buildah, podman and Docker write', () => {
  const uid = process.getuid?.()
  assert.deepEqual(accountFiles({ HOME: '/h' }), [
    `/run/containers/${uid}/auth.json`,
    '/h/.config/containers/auth.json',
    '/h/.docker/config.json',
  ])
  assert.deepEqual(accountFiles({ HOME: '/h', XDG_RUNTIME_DIR: '/r', XDG_CONFIG_HOME: '/c', DOCKER_CONFIG: '/d' }), [
    '/r/containers/auth.json',
    '/c/containers/auth.json',
    '/d/config.json',
  ])
  assert.deepEqual(accountFiles({ HOME: '/h', REGISTRY_AUTH_FILE: '/a.json' }), ['/a.json', '/h/.docker/config.json'])
})

test('an account is found by host, by the longest path, and as older versions wrote it', async () => {
  const accounts = file({
    auths: {
      'ghcr.io': auth('a:1'),
      'ghcr.io/acme': auth('b:2:3'),
      'https://quay.io': auth('c:4'),
      'https://index.docker.io/v1/': auth('d:5'),
      'azure.example': { ...auth('00000000-0000-0000-0000-000000000000:'), identitytoken: 'refresh' },
      'empty.example': {},
    },
  })
  const ask = (registry: string, repository = 'acme/sales') =>
    accountFor(registry, repository, [join(dir, 'none'), accounts])
  assert.deepEqual(await ask('ghcr.io', 'other/sales'), { username: 'a', password: '1' })
  assert.deepEqual(await ask('ghcr.io'), { username: 'b', password: '2:3' })
  assert.deepEqual(await ask('quay.io'), { username: 'c', password: '4' })
  assert.deepEqual(await ask('docker.io'), { username: 'd', password: '5' })
  assert.deepEqual(await ask('azure.example'), { refreshToken: 'refresh' })
  assert.equal(await ask('empty.example'), null)
  assert.equal(await ask('unknown.example'), null)
})

test('the first file that knows the registry counts', async () => {
  const [one, two] = [file({ auths: { 'a.example': auth('x:1') } }), file({ auths: { 'a.example': auth('y:2') } })]
  assert.deepEqual(await accountFor('a.example', 'r', [one, two]), { username: 'x', password: '1' })
})

test('a helper is asked where a file names one; what it does not know is nowhere', async (t) => {
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  const script = (name: string, body: string) => {
    writeFileSync(join(bin, `docker-credential-${name}`), `#!/bin/sh\nread -r host\n${body}\n`)
    chmodSync(join(bin, `docker-credential-${name}`), 0o755)
  }
  script('kept', `[ "$1 $host" = "get a.example" ] && echo '{"ServerURL":"x","Username":"u","Secret":"s"}'`)
  script('token', `echo '{"Username":"<token>","Secret":"refresh"}'`)
  script('odd', 'echo secret-of-somebody')
  const path = process.env['PATH']
  process.env['PATH'] = `${bin}${delimiter}${path}`
  t.after(() => {
    process.env['PATH'] = path
  })
  const store = file({ credsStore: 'kept', auths: { 'a.example': {} }, credHelpers: { 'b.example': 'token' } })
  assert.deepEqual(await accountFor('a.example', 'r', [store]), { username: 'u', password: 's' })
  assert.deepEqual(await accountFor('b.example', 'r', [store]), { refreshToken: 'refresh' })
  assert.equal(await accountFor('c.example', 'r', [store]), null)
  assert.equal(await accountFor('c.example', 'r', [file({ credsStore: 'not-there' })]), null)
  assert.equal(await accountFor('c.example', 'r', [file({ credsStore: '../../bin/kept' })]), null)
  await assert.rejects(accountFor('c.example', 'r', [file({ credsStore: 'odd' })]), (error: Error) => {
    assert.match(error.message, /docker-credential-odd: answered with something else/)
    assert.doesNotMatch(`${error.stack}`, /secret-of-somebody/)
    return true
  })
})

test('a file that is none is an error that does not quote it', async () => {
  const contents = ['{"auths":{"a.example":{"auth":"c2VjcmV0"', '{"auths":["c2VjcmV0"]}', '[]', 'c2VjcmV0', '']
  for (const content of [...contents, { auths: { 'a.example': auth('secret') } }]) {
    await assert.rejects(accountFor('a.example', 'r', [file(content)]), (error: Error) => {
      assert.match(error.message, /\d+\.json: .*log in again/)
      assert.doesNotMatch(`${error.message}${error.stack}`, /c2VjcmV0|secret/)
      return true
    })
  }
})
