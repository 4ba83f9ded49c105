import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { messageOf } from '../../../pipeline/cli/failure.ts'
import { InputError } from '../../../pipeline/errors.ts'
import { git } from '../../../pipeline/release/git.ts'
import { openContext } from '../../../pipeline/steps/context.ts'
import { makeRepository } from '../../release/repository.ts'
import { assertNothingRan, invisible } from './try.ts'

const [file, program, link, repository] = ['100644', '100755', '120000', '160000'] as const

/** What a pull request may commit, by its path, for our steps to take as their own. */
const tampered: readonly (readonly [mode: string, path: string])[] = [
  [file, '.mergeline/results/train.json'],
  [file, '.mergeline/gates/0.json'],
  [file, `.mergeline/trainings/sha256-${'f'.repeat(64)}/bundle/manifest.json`],
  [link, '.mergeline'],
  [repository, '.mergeline'],
  [file, 'node_modules/yaml/package.json'],
  [link, 'node_modules'],
  [program, '.venv/bin/dvc'],
  [link, '.venv/bin/python'],
  [file, 'data/sales.csv'],
  [link, 'data/sales.csv'],
  [link, 'data'],
  [repository, 'data'],
  [file, 'data/\n::add-mask::x'],
  [file, 'data/\u202e\u001b[2K##[group]'],
  [file, 'data/$(touch $CANARY)'],
]

test('files committed where only our own steps may write end every step, with what to do', async (t) => {
  await using made = await makeRepository()
  const { root, commit } = made
  copyFileSync(join(import.meta.dirname, '../../../params.yaml'), join(root, 'params.yaml'))
  const blob = await git(root, ['hash-object', '-w', '--stdin'], { input: '/etc/passwd' })
  const open = () => openContext({ root, tracking: null, say: () => {}, progress: () => {} })
  for (const [mode, path] of tampered) {
    await git(root, ['update-index', '--add', '--cacheinfo', `${mode},${mode === repository ? commit : blob},${path}`])
    await assert.rejects(open, (error) => {
      assert.ok(error instanceof InputError)
      assert.match(messageOf(error), /: tracked by Git, but only our own steps may fill .*; run `git rm -r --cached /)
      assert.doesNotMatch(messageOf(error), invisible)
      assert.doesNotMatch(messageOf(error), /\n/)
      return true
    })
    await git(root, ['update-index', '--force-remove', '--', path])
    await open()
  }
  assertNothingRan()
  t.diagnostic(`${tampered.length} hostile files`)
})
