import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { serverFingerprint } from '../../../pipeline/release/image/fingerprint.ts'
import { importClosure } from '../../../pipeline/tracking/closure.ts'

const root = join(import.meta.dirname, '../../..')
const dir = mkdtempSync(join(tmpdir(), 'mergeline-image-'))
after(() => rmSync(dir, { recursive: true }))
for (const part of ['pipeline', 'serve', 'package-lock.json', 'package.json', 'params.yaml', 'README.md'])
  cpSync(join(root, part), join(dir, part), { recursive: true })

type Edit = { readonly file: string; readonly from: string | RegExp; readonly to: string }

/** The fingerprint of the tree with one edit, which is taken back. */
async function taken({ file, from, to }: Edit): Promise<string> {
  const before = readFileSync(join(dir, file), 'utf8')
  const after = before.replace(from, to)
  assert.notEqual(after, before, `${file} has no ${from}`)
  writeFileSync(join(dir, file), after)
  try {
    return (await serverFingerprint(dir)).fingerprint
  } finally {
    writeFileSync(join(dir, file), before)
  }
}

const { fingerprint: own, parts } = await serverFingerprint(dir)
const versionOf = (name: string) => new RegExp(`("node_modules/${name}": \\{\\s*"version": ")[^"]+`)
const lock = 'package-lock.json'
const more = { from: /^/, to: '// changed\n' }

const indifferent: { readonly [what: string]: Edit } = {
  'README.md': { file: 'README.md', from: /^/, to: 'Hello. ' },
  'a gate threshold': { file: 'params.yaml', from: /tolerance_percent: \d+/, to: 'tolerance_percent: 7' },
  'a training parameter': { file: 'params.yaml', from: /epochs: \d+/, to: 'epochs: 7' },
  'the code of training': { file: 'pipeline/training/fit.ts', ...more },
  'the code of the gate': { file: 'pipeline/evaluation/gate.ts', ...more },
  "the task's ingest": { file: 'pipeline/task/ingest.ts', ...more },
  'the gateway, which is a process of its own': { file: 'serve/gateway.ts', ...more },
  "DuckDB's version": { file: lock, from: versionOf('@duckdb/node-bindings'), to: '$19.9.9' },
  "TypeScript's version": { file: lock, from: versionOf('typescript'), to: '$19.9.9' },
}
for (const [what, edit] of Object.entries(indifferent)) {
  test(`${what} does not change the server's fingerprint`, async () => assert.equal(await taken(edit), own))
}

const telling: { readonly [what: string]: Edit } = {
  'server.ts': { file: 'serve/server.ts', ...more },
  "the task's features, which the server computes": { file: 'pipeline/task/features.ts', ...more },
  "Fastify's version": { file: lock, from: versionOf('fastify'), to: '$15.99.0' },
  "the version of a package that only Fastify's packages need": { file: lock, from: versionOf('ret'), to: '$19.9.9' },
  'the Dockerfile': { file: 'serve/Dockerfile', from: 'EXPOSE 8080', to: 'EXPOSE 8081' },
  'how archives are written': { file: 'pipeline/release/image/tar.ts', from: '0o644', to: '0o444' },
}
for (const [what, edit] of Object.entries(telling)) {
  test(`${what} changes the server's fingerprint`, async () => assert.notEqual(await taken(edit), own))
}

test('another base image changes the fingerprint; the Dockerfile names the one taken otherwise', async () => {
  assert.match(parts.base, /^node:24\.\d+\.\d+-[a-z]+-slim@sha256:[0-9a-f]{64}$/)
  assert.equal((await serverFingerprint(dir, parts.base)).fingerprint, own)
  assert.notEqual((await serverFingerprint(dir, 'node:24.0.0-slim')).fingerprint, own)
})

test('the closure of the server holds neither DuckDB, Git, MLflow nor processes', async () => {
  const { files, packages } = await importClosure(root, 'serve/server.ts')
  for (const file of files.keys())
    assert.match(
      file,
      /^(serve\/(?!gateway)|pipeline\/(task|features|predicting|tracking\/(bundle|manifest|model-files)\.ts|audit\/(entity|line|pseudonym|segments)\.ts|[\w-]+\.ts))/,
    )
  for (const name of ['@duckdb/node-api', 'execa', 'undici', 'yaml', 'es-module-lexer'])
    assert.ok(!packages.has(name), name)
})
