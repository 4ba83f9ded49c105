import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseParams } from '../../pipeline/params.ts'
import { importClosure } from '../../pipeline/tracking/closure.ts'
import { fingerprint } from '../../pipeline/tracking/fingerprint.ts'

const root = join(import.meta.dirname, '../..')
const parts = ['pipeline', 'package-lock.json', 'package.json', 'params.yaml', 'README.md']
const data = `${'0'.repeat(32)}.dir`
const dirs: string[] = []
after(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true })
})

type Edit = { readonly file: string; readonly from: string | RegExp; readonly to: string }

/** The fingerprint of the tree, copied and edited. */
async function taken(edit?: Edit, hash = data): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'mergeline-fingerprint-'))
  dirs.push(dir)
  for (const part of parts) cpSync(join(root, part), join(dir, part), { recursive: true })
  if (edit) {
    const before = readFileSync(join(dir, edit.file), 'utf8')
    const after = before.replace(edit.from, edit.to)
    assert.notEqual(after, before, `${edit.file} has no ${edit.from}`)
    writeFileSync(join(dir, edit.file), after)
  }
  const params = parseParams(readFileSync(join(dir, 'params.yaml'), 'utf8'))
  return (await fingerprint(dir, params.train, hash)).fingerprint
}

const own = await taken()
const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
const versionOf = (name: string) => new RegExp(`("node_modules/${name}": \\{\\s*"version": ")[^"]+`)

test('the same tree has the same fingerprint', async () => assert.equal(await taken(), own))

/** A change that fits any task. */
const more = { from: /$/, to: 'export const changed = 1\n' }

const indifferent: { readonly [what: string]: Edit } = {
  'README.md': { file: 'README.md', from: /^/, to: 'Hello. ' },
  'a gate threshold': { file: 'params.yaml', from: /tolerance_percent: \d+/, to: 'tolerance_percent: 7' },
  "Fastify's version": { file: 'package-lock.json', from: versionOf('fastify'), to: '$15.99.0' },
  'the code of the gate': { file: 'pipeline/evaluation/gate.ts', from: /^/, to: '// changed\n' },
  'the slices that the gate looks at': { file: 'pipeline/task/judge.ts', ...more },
  'how params.yaml is written': { file: 'params.yaml', from: /\n {2}seed: 1\n/, to: '\n  seed: 1 # the first\n' },
}
for (const [what, edit] of Object.entries(indifferent)) {
  test(`${what} changes no fingerprint`, async () => assert.equal(await taken(edit), own))
}

const telling: { readonly [what: string]: Edit } = {
  'a training parameter': { file: 'params.yaml', from: /epochs: \d+/, to: 'epochs: 7' },
  'the split': { file: 'params.yaml', from: /test_days: \d+/, to: 'test_days: 300' },
  "the task's features": { file: 'pipeline/task/features.ts', ...more },
  "the task's ingest": { file: 'pipeline/task/ingest.ts', ...more },
  "the record's schema": { file: 'pipeline/task/record.ts', ...more },
  'how features are computed': { file: 'pipeline/features/feature.ts', ...more },
  "TensorFlow.js's version": { file: 'package-lock.json', from: versionOf('@tensorflow/tfjs-core'), to: '$14.99.0' },
  "DuckDB's version, which cleans the data": {
    file: 'package-lock.json',
    from: versionOf('@duckdb/node-bindings'),
    to: '$19.9.9',
  },
}
for (const [what, edit] of Object.entries(telling)) {
  test(`${what} changes the fingerprint`, async () => assert.notEqual(await taken(edit), own))
}

test('the data change the fingerprint', async () =>
  assert.notEqual(await taken(undefined, `${'1'.repeat(32)}.dir`), own))

test('the closure of training holds neither servers, MLflow, Git nor the gate', async () => {
  const { files, packages } = await importClosure(root, 'pipeline/training/make-bundle.ts')
  for (const file of files.keys()) assert.doesNotMatch(file, /serve|release|mlflow|evaluation|report|steps|cli/)
  for (const name of ['fastify', 'undici', 'execa', 'prom-client']) assert.ok(!packages.has(name), name)
  assert.ok(packages.has('@tensorflow/tfjs-core') && packages.has('@duckdb/node-api'))
  assert.ok(lock.length > 0)
})

test('an import with a computed name is refused: nobody could say what it loads', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'mergeline-closure-'))
  dirs.push(dir)
  writeFileSync(join(dir, 'a.ts'), "const name = './b.ts'\nawait import(name)\n")
  await assert.rejects(importClosure(dir, 'a.ts'), /a\.ts: an import with a computed name/)
})
