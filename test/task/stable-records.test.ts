// What a rehearsal's clients send: made by the code of the release that serves, whatever the tree says.
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { git } from '../../pipeline/release/git.ts'
import { recordsToReplay } from '../../pipeline/replay/records.ts'
import { recordsOfStable } from '../../pipeline/replay/stable-records.ts'
import { folderWith } from '../data/folder.ts'
import { identify } from '../release/repository.ts'
import { sampleFiles } from './sample-folder.ts'

const here = join(import.meta.dirname, '../..')
const entry = 'pipeline/replay/print-records.ts'

/** A repository with the sample's data and one commit with these files. */
async function repository(files: { readonly [path: string]: string }) {
  const folder = folderWith(sampleFiles)
  const { root } = folder
  copyFileSync(join(here, 'data.dvc'), join(root, 'data.dvc'))
  symlinkSync(join(here, 'node_modules'), join(root, 'node_modules'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  await git(root, ['init', '--quiet', '-b', 'main'])
  await identify(root)
  await git(root, ['add', ...Object.keys(files)])
  await git(root, ['commit', '--quiet', '-m', 'stable'])
  return { ...folder, commit: await git(root, ['rev-parse', 'HEAD']) }
}

test('records come from the code of the stable commit, not from the tree, and that code sees no variable of ours', async () => {
  using stable = await repository({
    'package.json': '{"type":"module"}',
    [entry]: `console.log(JSON.stringify({ unit: 'celsius', data: process.argv[2], secret: process.env.PATH ?? null }))`,
  })
  const { root, commit } = stable
  writeFileSync(join(root, entry), `throw new Error('the tree has gone on')`)
  const lines: string[] = []
  const records = await recordsOfStable(root, 'production', { commit }, (line) => lines.push(line))
  assert.deepEqual(records, [{ unit: 'celsius', data: join(root, 'data'), secret: null }])
  assert.deepEqual(lines, [])
})

test('the tree’s own entry prints the records of the sample’s last year', async () => {
  using folder = folderWith(sampleFiles)
  const { execa } = await import('execa')
  const { stdout } = await execa(process.execPath, [join(here, entry), join(folder.root, 'data')], { extendEnv: false })
  const printed = stdout.split('\n').map((line) => JSON.parse(line))
  assert.deepEqual(printed, await recordsToReplay(join(folder.root, 'data')))
  assert.equal(printed.length, 2920)
  assert.equal(new Set(printed.map(({ shop }) => shop)).size, 8)
})

test('a commit that is too old to make records: those of the tree are sent, and that is said', async () => {
  using old = await repository({ 'pipeline/old.ts': '' })
  const lines: string[] = []
  const records = await recordsOfStable(old.root, 'production', { commit: old.commit }, (line) => lines.push(line))
  assert.equal(records.length, 2920)
  assert.deepEqual(lines, [
    `commit ${old.commit.slice(0, 12)} cannot make its clients’ records yet: those of the tree are sent`,
  ])
})

test('code that cannot read today’s data is one clear error', async () => {
  using broken = await repository({ [entry]: `throw new Error('no column temperature')` })
  await assert.rejects(
    recordsOfStable(broken.root, 'production', { commit: broken.commit }, () => {}),
    /^InputError: replay: commit \w{12}, which production runs, cannot make records from these data.*no column temperature/s,
  )
})
