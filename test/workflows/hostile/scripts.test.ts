import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test } from 'node:test'
import { execa } from 'execa'
import { doubter } from '../../../actions/shared/attestation.ts'
import { readRunner } from '../../../actions/shared/runner.ts'
import { tryAll } from './try.ts'
import { canary, runnable } from './words.ts'

const root = join(import.meta.dirname, '../../..')
const dir = mkdtempSync(join(tmpdir(), 'mergeline-scripts-'))
after(() => rmSync(dir, { recursive: true }))
const reference = `ghcr.io/acme/shop@sha256:${'a'.repeat(64)}`

/** Programs that keep what they are called with, and answer. */
for (const [name, answer] of [
  ['npm', `building\n${JSON.stringify({ reference, reused: true })}`],
  ['gh', ''],
] as const) {
  mkdirSync(join(dir, 'bin'), { recursive: true })
  const file = join(dir, 'bin', name)
  writeFileSync(join(dir, `${name}-answer`), `${answer}\n`)
  writeFileSync(file, `#!/bin/sh\nprintf '%s\\0' "$@" >'${dir}/${name}'\ncat '${dir}/${name}-answer'\n`)
  chmodSync(file, 0o755)
}
const wordsFor = (name: string) => readFileSync(join(dir, name), 'utf8').split('\0').slice(0, -1)

async function run(script: string, env: { readonly [name: string]: string }) {
  writeFileSync(join(dir, 'output'), '')
  // Through a pipe, as on a runner: what Node gives a process for its output is no file that a script could open again.
  const piped = ['-o', 'pipefail', '-c', '"$@" 2>&1 | cat', 'bash', 'bash', join(root, '.github', script)]
  await execa('bash', piped, {
    cwd: dir,
    extendEnv: false,
    env: {
      PATH: [join(dir, 'bin'), process.env['PATH']].join(delimiter),
      ...{ CANARY: canary, RUNNER_TEMP: dir, GITHUB_OUTPUT: join(dir, 'output') },
      ...{ GITHUB_REPOSITORY: 'Acme/shop', GITHUB_SHA: 'f'.repeat(40), REQUIRED: '' },
      ...env,
    },
  })
}

for (const [what, subject] of [
  ['an image', (word: string) => `oci://${word}`],
  ['a file', (word: string) => `${word}/manifest.json`],
] as const)
  test(`attestations: ${what} is one word of a question to GitHub`, (t) =>
    tryAll(t, runnable, async (word) => {
      const path = process.env['PATH']
      process.env['PATH'] = [join(dir, 'bin'), path].join(delimiter)
      try {
        await doubter(readRunner({ GITHUB_REPOSITORY: 'acme/shop' }), 'token')(subject(word), word)
      } finally {
        process.env['PATH'] = path
      }
      const [, , asked, ...rest] = wordsFor('gh')
      assert.equal(asked, subject(word))
      assert.equal(rest[rest.indexOf('--source-digest') + 1], word)
      assert.equal(rest.filter((each) => each === word).length, 1)
    }))

test('push-image.sh: registry, base, bundle and fingerprint are words of one command', async (t) => {
  for (let at = 0; at < runnable.length; at += 4) {
    const [registry = '', base = '', bundle = '', fingerprint = ''] = [...runnable, ...runnable].slice(at, at + 4)
    await run('push-image.sh', { REGISTRY: registry, BASE: base, BUNDLE: bundle, FINGERPRINT: fingerprint })
    assert.deepEqual(wordsFor('npm'), [
      ...['run', '--silent', 'image', '--', '--bundle', bundle, '--fingerprint', fingerprint, '--base', base],
      ...['--tag', `${registry}/acme/shop:ffffffffffff`, '--push', '--sbom', join(dir, 'sbom.spdx.json'), '--json'],
    ])
    assert.equal(wordsFor('gh')[2], `oci://${reference}`)
    assert.ok(readFileSync(join(dir, 'output'), 'utf8').startsWith(`reference=${reference}\n`))
  }
  await tryAll(t, runnable, () => {})
})
