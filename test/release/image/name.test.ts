import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InputError } from '../../../pipeline/errors.ts'
import { isLoopback, parseImageName } from '../../../pipeline/release/image/name.ts'

const hex = 'a'.repeat(64)
const good = {
  'node:24': { repository: 'node', tag: '24' },
  'acme/sales': { repository: 'acme/sales' },
  'ghcr.io/acme/ice-cream_sales:v1.2_x': { registry: 'ghcr.io', repository: 'acme/ice-cream_sales', tag: 'v1.2_x' },
  'localhost/base:test': { registry: 'localhost', repository: 'base', tag: 'test' },
  '127.0.0.1:5000/a/b': { registry: '127.0.0.1:5000', repository: 'a/b' },
  '[::1]:5000/a': { registry: '[::1]:5000', repository: 'a' },
  'Registry.Example:5000/a__b--c:1': { registry: 'Registry.Example:5000', repository: 'a__b--c', tag: '1' },
  [`node:24@sha256:${hex}`]: { repository: 'node', tag: '24', digest: `sha256:${hex}` },
  [`ghcr.io/acme/sales@sha256:${hex}`]: { registry: 'ghcr.io', repository: 'acme/sales', digest: `sha256:${hex}` },
}
for (const [text, parts] of Object.entries(good)) {
  test(`${text} is taken apart`, () => assert.deepEqual(parseImageName(text, 'here'), parts))
}

const bad = [
  '',
  ' ',
  'a b',
  '-rf',
  '--tls-verify=false',
  'ghcr.io/',
  'ghcr.io//a',
  '/a',
  'a/',
  'a:',
  'a:-b',
  `a:${'b'.repeat(129)}`,
  'a:b:c',
  'a@sha256:abc',
  `a@md5:${hex}`,
  `a@sha256:${hex.toUpperCase()}`,
  'a/../../etc/passwd',
  'a/./b',
  'https://ghcr.io/acme/sales',
  'user:secret@ghcr.io/acme/sales',
  'ghcr.io:port/a',
  'ghcr.io:123456/a',
  '-ghcr.io/a',
  'ghcr..io/a',
  '[::1/a',
  'ghcr.io/acme/$(touch x)',
  'ghcr.io/acme/`id`',
  'ghcr.io/acme/sales;id',
  'ghcr.io/acme/sales\n::error::x',
  'ghcr.io/acme/sales?x=1',
  'ghcr.io/acme/säles',
  'ghcr.io/acme/sales\u202e',
  'docker://ghcr.io/acme/sales',
  `ghcr.io/${'a'.repeat(256)}`,
  'a/'.repeat(5000),
]
test('what is no name is one clear error, on one line, that says where it was given', () => {
  for (const text of bad) {
    assert.throws(
      () => parseImageName(text, 'image: --tag'),
      (error: Error) => {
        assert.ok(error instanceof InputError, text)
        assert.match(
          error.message,
          /^image: --tag: ".*" is no name of an image: .+; expected \[registry\/\]name\[:tag\]$/,
        )
        assert.ok(error.message.length < 250)
        return true
      },
      JSON.stringify(text),
    )
  }
})

test('upper case is named as what is wrong', () => {
  assert.throws(() => parseImageName('ghcr.io/Acme/sales', 'x'), /registries know lower case only/)
})

test('only this machine is loopback', () => {
  for (const registry of ['localhost', 'localhost:5000', '127.0.0.1:5000', '127.1.2.3', '[::1]:5000', '[::1]'])
    assert.ok(isLoopback(registry), registry)
  for (const registry of [
    'localhost.example',
    '127.0.0.1.example',
    '10.0.0.1:5000',
    '[::2]:5000',
    'ghcr.io',
    '128.0.0.1',
  ])
    assert.ok(!isLoopback(registry), registry)
})
