import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { licenseExpression } from '../../../pipeline/release/image/license.ts'
import { originOf, pageOf } from '../../../pipeline/release/image/origin.ts'

const dir = mkdtempSync(join(tmpdir(), 'mergeline-origin-'))
after(() => rmSync(dir, { recursive: true }))

const pages = {
  'https://github.com/acme/sales': 'https://github.com/acme/sales',
  'https://github.com/acme/sales.git': 'https://github.com/acme/sales',
  'https://me:ghp_secret@github.com/acme/sales.git': 'https://github.com/acme/sales',
  'http://git.example:8080/acme/sales/': 'http://git.example:8080/acme/sales',
  'git@github.com:acme/sales.git': 'https://github.com/acme/sales',
  'github.com:acme/sales': 'https://github.com/acme/sales',
  'ssh://git@github.com:2222/acme/sales.git': 'https://github.com/acme/sales',
  '/srv/git/sales.git': '',
  '../sales': '',
  'file:///srv/git/sales.git': '',
  'https://github.com/acme/sales" LABEL x="y': '',
  'https://github.com/a/b\nENV X=1': '',
  'https://user:a@b@evil.example/x': '',
  '': '',
}
for (const [remote, page] of Object.entries(pages)) {
  test(`${JSON.stringify(remote)} is shown as ${JSON.stringify(page)}`, () => assert.equal(pageOf(remote), page))
}

const licenses: readonly [declared: unknown, expression: string | undefined][] = [
  ['Apache-2.0', 'Apache-2.0'],
  ['GPL-2.0+', 'GPL-2.0+'],
  ['(MIT OR (Apache-2.0 AND BSD-3-Clause))', '(MIT OR (Apache-2.0 AND BSD-3-Clause))'],
  ['GPL-2.0-only WITH Classpath-exception-2.0', 'GPL-2.0-only WITH Classpath-exception-2.0'],
  ['MIT/X11', undefined],
  ['UNLICENSED', undefined],
  ['SEE LICENSE IN LICENSE.txt', undefined],
  ['(MIT', undefined],
  [')MIT(', undefined],
  ['MIT" x="y', undefined],
  ['', undefined],
  [{ type: 'MIT' }, undefined],
  [undefined, undefined],
]
for (const [declared, expression] of licenses) {
  test(`a license ${JSON.stringify(declared)} is ${expression ?? 'no expression'}`, () =>
    assert.equal(licenseExpression(declared), expression))
}

test('an origin is read from Git and package.json, also where there is little', async () => {
  writeFileSync(join(dir, 'package.json'), '{"license":"MIT"}')
  const nothing = { title: 'sales', source: '', revision: '', licenses: 'MIT' }
  assert.deepEqual(await originOf(dir, 'sales'), nothing)
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', dir, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
      encoding: 'utf8',
    })
  git('init', '--quiet')
  git('add', '.')
  git('commit', '--quiet', '--message', 'one')
  git('tag', '--annotate', '--message', 'x', 'v1')
  git('remote', 'add', 'origin', 'https://me:secret@git.example/acme/sales.git')
  const revision = git('rev-parse', 'HEAD').trim()
  const origin = { ...nothing, source: 'https://git.example/acme/sales', revision }
  assert.deepEqual(await originOf(dir, 'sales'), origin)
  writeFileSync(join(dir, 'package.json'), '{"license":"MIT"} ')
  assert.deepEqual(await originOf(dir, 'sales'), { ...origin, revision: `${revision}-dirty` })
})
