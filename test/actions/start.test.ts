import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderWith } from '../data/folder.ts'
import { actionFile, actionNames, start } from './action.ts'

const root = join(import.meta.dirname, '../..')
const params = readFileSync(join(root, 'params.yaml'), 'utf8')

for (const name of actionNames) {
  test(`${name}: the folder holds action.yml and main.ts, and the runner starts Node 24 on it`, async () => {
    assert.deepEqual(readdirSync(join(root, 'actions', name)).sort(), ['action.yml', 'main.ts'])
    assert.deepEqual((await actionFile(name)).runs, { using: 'node24', main: 'main.ts' })
  })

  test(`${name}: its first line comes before anything heavy is loaded`, async (t) => {
    using folder = folderWith({})
    const { log, firstLineMs } = await start(name, { workspace: folder.root, token: 't0ken' })
    assert.match(log, new RegExp(`^::group::${name}\n`))
    t.diagnostic(`${name}: ${firstLineMs} ms to the first line`)
  })
}

for (const name of actionNames.filter((each) => each !== 'report')) {
  test(`${name}: without params.yaml it fails with one message that says what to do`, async () => {
    using folder = folderWith({})
    const { code, log, outputs, summary } = await start(name, { workspace: folder.root })
    assert.equal(code, 1)
    assert.match(log, /^::error::params\.yaml: cannot be read; run this in the root .* `git checkout params\.yaml`$/m)
    assert.doesNotMatch(log, /\n\s+at /, 'no stack')
    assert.deepEqual([outputs, summary], [{}, ''])
  })

  test(`${name}: a wrong setting is marked on its line in params.yaml`, async () => {
    using folder = folderWith({ 'params.yaml': params.replace(/\n {2}epochs: \d+/, '\n  epochs: 0') })
    const { code, log } = await start(name, { workspace: folder.root })
    assert.equal(code, 1)
    const line = params.split('\n').findIndex((each) => each.startsWith('  epochs:')) + 1
    assert.match(log, new RegExp(`^::error file=params\\.yaml,line=${line}::train\\.epochs must be >= 1, got 0$`, 'm'))
    assert.match(log, /^::error::params\.yaml: train\.epochs must be >= 1, got 0$/m)
  })
}

test('outside a runner an action says which command to use instead', async () => {
  using folder = folderWith({})
  const { code, log } = await start('train', { workspace: folder.root, env: { GITHUB_WORKSPACE: undefined } })
  assert.equal(code, 1)
  assert.match(log, /^::error::GITHUB_WORKSPACE is not set.*`npm run`$/m)
})

test('a file committed where our own steps write is refused', async () => {
  using folder = folderWith({ 'params.yaml': params, '.mergeline/results/train.json': '{}' })
  const { execa } = await import('execa')
  const git = (...args: string[]) => execa('git', args, { cwd: folder.root })
  await git('init', '--quiet')
  await git('add', '.')
  const { code, log } = await start('evaluate-gate', { workspace: folder.root })
  assert.equal(code, 1)
  assert.match(log, /^::error::\.mergeline\/results\/train\.json: tracked by Git/m)
})

for (const name of ['train', 'evaluate-gate'] as const) {
  test(`${name}: an input that is neither true nor false is refused, before anything is done`, async () => {
    using folder = folderWith({ 'params.yaml': params })
    const { code, log } = await start(name, { workspace: folder.root, inputs: { artifact: 'perhaps\n::add-mask::x' } })
    assert.equal(code, 1)
    assert.equal(
      log,
      '::error::input artifact: must be true or false, got "perhaps\\n::add-mask::x"; mend it in the workflow',
    )
  })
}

test('deploy: an input that came to nothing is refused', async () => {
  using folder = folderWith({ 'params.yaml': params })
  const { code, log } = await start('deploy', { workspace: folder.root, inputs: { environment: '' } })
  assert.equal(code, 1)
  assert.equal(
    log,
    '::error::input environment: is empty; give it a value in the workflow, or leave it out for its default',
  )
})
