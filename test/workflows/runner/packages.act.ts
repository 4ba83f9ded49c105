import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeWhole } from '../../../pipeline/files.ts'
import { packagesOf } from './packages.ts'
import { checkout, press, smallWorld } from './small.ts'
import { createWorld } from './world.ts'

const root = join(import.meta.dirname, '../../..')

const jobs = `
jobs:
  job:
    runs-on: ubuntu-24.04
    permissions: { contents: read }
    steps:
      - ${checkout}
      - run: |
          echo "modules $(readlink node_modules) venv $(readlink .venv) $(ls .mergeline/setup 2>/dev/null | tr '\\n' ' ')"
          git status --short
`

test("what set-up would install is linked where the lock files are this tree's, and nowhere else", async () => {
  const packages = await packagesOf(root)
  const read = (path: string) => readFile(join(root, path), 'utf8')
  const locks = ['package-lock.json', 'setup/python/uv.txt', 'setup/python/requirements.txt']
  const files = Object.fromEntries(await Promise.all(locks.map(async (lock) => [lock, await read(lock)] as const)))
  await using same = await smallWorld(jobs, { files })
  const { log = '' } = (await press({ ...same, packages })).jobs['job'] ?? {}
  assert.match(
    log,
    new RegExp(`modules ${packages}/node_modules venv ${packages}/.venv packages.stamp python.stamp $`, 'm'),
  )
  await using other = await smallWorld(jobs, { files: { ...files, 'package-lock.json': '{}\n' } })
  assert.match(
    (await press({ ...other, packages })).jobs['job']?.log ?? '',
    new RegExp(`modules {2}venv ${packages}/.venv python.stamp $`, 'm'),
  )
})

test('a job that empties the packages it is linked to harms nobody: the next world has a whole copy again', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'mergeline-copies-'))
  const tree = join(dir, 'tree')
  const files = {
    'node_modules/execa/index.js': 'export {}\n',
    '.venv/bin/dvc': `#!${tree}/.venv/bin/python\n`,
    '.mergeline/setup/packages.stamp': 'a',
    '.mergeline/setup/python.stamp': 'b',
  }
  for (const [path, text] of Object.entries(files)) await writeWhole(join(tree, path), text)
  const packages = await packagesOf(tree, dir)
  assert.equal(await readFile(join(packages, '.venv/bin/dvc'), 'utf8'), `#!${packages}/.venv/bin/python\n`)
  await using world = await smallWorld(`
jobs:
  job:
    runs-on: ubuntu-24.04
    steps:
      - run: find "$MERGELINE_TEST_PACKAGES/node_modules" -mindepth 1 -delete
`)
  assert.equal((await press({ ...world, packages })).conclusion, 'success')
  assert.deepEqual(await readdir(join(tree, 'node_modules')), ['execa'])
  assert.deepEqual(await readdir(join(packages, 'node_modules')), [])
  assert.equal(await packagesOf(tree, dir), packages)
  assert.equal(await readFile(join(packages, 'node_modules/execa/index.js'), 'utf8'), 'export {}\n')
  await rm(dir, { recursive: true })
})

test('the project of a world is this working tree as it is, but for ports of its own', async () => {
  await using world = await createWorld()
  const { root: clone, git } = world.user
  assert.deepEqual(Object.keys(world.ports).sort(), ['production', 'staging'])
  for (const name of ['package.json', '.github/workflows/ci.yml', 'test/workflows/runner/packages.act.ts'])
    assert.equal(await readFile(join(clone, name), 'utf8'), await readFile(join(root, name), 'utf8'))
  assert.match(
    await readFile(join(clone, 'environments/staging/environment.yaml'), 'utf8'),
    new RegExp(`port: ${world.ports['staging']}`),
  )
  assert.equal(await git('log', '--format=%an %s', 'origin/main'), 'GitHub The project')
})
