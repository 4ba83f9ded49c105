// What a release needs of Git is looked at before anything else: whose name to write, and an origin that has the commit.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { git } from '../../pipeline/release/git.ts'
import type { Context } from '../../pipeline/steps/context.ts'
import { deploy } from '../../pipeline/steps/deploy.ts'
import { promote } from '../../pipeline/steps/promote.ts'
import { resume } from '../../pipeline/steps/resume.ts'
import { withdraw } from '../../pipeline/steps/withdraw.ts'
import { makeRepository } from '../release/repository.ts'

/** Nothing but the folder: whatever comes after what is tested here fails. */
const contextIn = (root: string) => ({ root, say: () => {} }) as unknown as Context
const staging = { environment: 'staging', commit: 'HEAD' }

test('an origin that is new and empty is not the one that the clone remembers', async () => {
  await using repository = await makeRepository({ origin: true })
  const { dir, root } = repository
  await git(dir, ['init', '--quiet', '--bare', '-b', 'main', 'new.git'])
  await git(root, ['remote', 'set-url', 'origin', join(dir, 'new.git')])
  await assert.rejects(
    deploy(contextIn(root), staging),
    /^InputError: deploy: origin has no branch yet.*git push -u origin main/,
  )
  assert.equal(await git(root, ['ls-remote', 'origin']), '', 'nothing was recorded')
  assert.notEqual(await git(root, ['rev-parse', 'origin/main']), '', 'which the clone still believes')
})

test('a branch that origin has no more has pushed nothing', async () => {
  await using repository = await makeRepository({ origin: true })
  const { dir, root } = repository
  await git(root, ['switch', '--quiet', '-c', 'gone'])
  await git(root, ['commit', '--quiet', '--allow-empty', '-m', 'second'])
  await git(root, ['push', '--quiet', 'origin', 'gone'])
  await git(join(dir, 'origin.git'), ['branch', '--quiet', '-D', 'gone'])
  await assert.rejects(deploy(contextIn(root), staging), /no branch of origin has commit .*git push origin HEAD/)
  await git(root, ['push', '--quiet', 'origin', 'gone'])
  await assert.rejects(deploy(contextIn(root), staging), (error: Error) => !/no branch of origin/.test(error.message))
})

test('without an identity, every step that writes the ledger says so before it does anything', async () => {
  await using repository = await makeRepository({ origin: true, identity: false })
  const { root } = repository
  for (const level of ['GLOBAL', 'SYSTEM']) process.env[`GIT_CONFIG_${level}`] = '/dev/null'
  const context = contextIn(root)
  const why = { by: 'ada', why: 'because' }
  for (const step of [
    () => deploy(context, staging),
    () => resume(context, staging),
    () => promote(context, { ...staging, ...why }),
    () => withdraw(context, { ...staging, ...why, hold: false }),
  ])
    await assert.rejects(step(), /^InputError: git has no identity .*git config user\.name/)
})
