import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'

const root = join(import.meta.dirname, '..')
const dir = mkdtempSync(join(tmpdir(), 'mergeline-borders-'))
after(() => rmSync(dir, { recursive: true }))

const barred = [
  ['pipeline/data', '../features/feature.ts'],
  ['pipeline/data', '../tracking/mlflow.ts'],
  ['pipeline/explore', '../training/fit.ts'],
  ['pipeline/explore', '../tracking/mlflow.ts'],
  ['pipeline/features', '../task/record.ts'],
  ['pipeline/task', 'node:fs'],
  ['pipeline/task', '../tracking/mlflow.ts'],
  ['pipeline/training', '../release/deploy.ts'],
  ['pipeline/tracking', '../training/fit.ts'],
  ['pipeline/release', '../../serve/app.ts'],
  ['pipeline/report', '../../actions/report/main.ts'],
  ['serve', '../pipeline/tracking/mlflow.ts'],
  ['serve', '../pipeline/release/deploy.ts'],
  ['actions/train', '../report/main.ts'],
  ['actions/train', '../../actions/report/main.ts'],
  ['actions/train', '../../serve/app.ts'],
  ['actions/shared', '../train/main.ts'],
] as const
const allowed = [
  ['pipeline/data', '../task/record.ts'],
  ['pipeline/explore', '../data/duckdb.ts'],
  ['pipeline/task', '../data/clean.ts'],
  ['pipeline/training', '../tracking/bundle.ts'],
  ['serve', '../pipeline/tracking/bundle.ts'],
  ['serve', '../pipeline/task/features.ts'],
  ['actions/train', '../../pipeline/steps/train.ts'],
  ['actions/train', '../shared/inputs.ts'],
  ['actions/shared', '../../pipeline/errors.ts'],
  ['actions/shared', './log.ts'],
] as const

/** Files, each with one import, in a tree that has the repository's own linter settings; what the linter says, by file. */
function lint(files: { readonly [path: string]: string }): { [path: string]: string } {
  const settings = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
  const all = { 'biome.json': JSON.stringify({ ...settings, $schema: undefined, vcs: undefined }), ...files }
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')
  const args = [biome, 'lint', '--colors=off', '--reporter=github', '--max-diagnostics=200', '.']
  const { stdout } = spawnSync(process.execPath, args, { cwd: dir, encoding: 'utf8' })
  const said = (path: string) =>
    stdout
      .split('\n')
      .filter((line) => line.includes(path))
      .join('\n')
  return Object.fromEntries(Object.keys(files).map((path) => [path, said(path)]))
}

const importing = (list: typeof barred | typeof allowed, name: string) =>
  Object.fromEntries(
    list.map(([room, from], n) => [`${room}/${name}${n}.ts`, `import { x } from '${from}'\n\nexport const y = x\n`]),
  )
const env = 'export const y = process.env\n'
const said = lint({
  ...importing(barred, 'barred'),
  ...importing(allowed, 'allowed'),
  'pipeline/training/env.ts': env,
  'pipeline/cli.ts': env,
  'actions/shared/env.ts': env,
  'actions/train/main.ts': env,
})

barred.forEach(([room, from], n) => {
  test(`${room} may not import ${from}`, () => assert.match(said[`${room}/barred${n}.ts`] ?? '', /noRestrictedImports/))
})
allowed.forEach(([room, from], n) => {
  test(`${room} may import ${from}`, () =>
    assert.doesNotMatch(said[`${room}/allowed${n}.ts`] ?? '', /noRestrictedImports/))
})
test('process.env is read in entries only', () => {
  for (const file of ['pipeline/training/env.ts', 'actions/shared/env.ts'])
    assert.match(said[file] ?? '', /noProcessEnv/, file)
  for (const file of ['pipeline/cli.ts', 'actions/train/main.ts'])
    assert.doesNotMatch(said[file] ?? '', /noProcessEnv/, file)
})
