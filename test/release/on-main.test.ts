// Whoever may write can append to the branch releases: what was not merged is not run for that.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promoteRelease } from '../../pipeline/release/decided.ts'
import { deploy } from '../../pipeline/release/deploy.ts'
import { git } from '../../pipeline/release/git.ts'
import { history } from '../../pipeline/release/history.ts'
import { requireOnMain } from '../../pipeline/release/on-main.ts'
import { resumeRelease } from '../../pipeline/release/resume.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { championHeldOut } from '../../pipeline/steps/champion.ts'
import type { Context } from '../../pipeline/steps/context.ts'
import { plan, request } from '../../pipeline/steps/request.ts'
import { makeProject } from './project.ts'
import { makeRepository, recordRelease, releaseOf } from './repository.ts'

/** A commit on a branch of origin that nobody merged, with these files; main is checked out again. */
async function sideCommit(root: string, files: { readonly [path: string]: string } = {}): Promise<string> {
  await git(root, ['switch', '--quiet', '-c', 'side'])
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true })
    await writeFile(join(root, path), text)
  }
  await git(root, ['add', '.'])
  await git(root, ['commit', '--quiet', '--allow-empty', '-m', 'side'])
  await git(root, ['push', '--quiet', 'origin', 'side'])
  await git(root, ['switch', '--quiet', 'main'])
  return git(root, ['rev-parse', 'side'])
}

const refused = (commit: string) => new RegExp(`^InputError: .*commit ${commit} is not in the history of origin's main`)

test('main has it: its tips, and what a merge made of them; not what the merge brought along', async () => {
  await using repository = await makeRepository({ origin: true })
  const { root, commit } = repository
  const side = await sideCommit(root)
  await requireOnMain(root, commit, 'staging')
  await assert.rejects(requireOnMain(root, side, 'staging'), refused(side))
  await git(root, ['merge', '--quiet', '--no-ff', '-m', 'merge', 'side'])
  const merge = await git(root, ['rev-parse', 'HEAD'])
  await assert.rejects(requireOnMain(root, merge, 'staging'), refused(merge), 'origin has not heard of it')
  await git(root, ['push', '--quiet', 'origin', 'main'])
  await requireOnMain(root, merge, 'staging')
  await assert.rejects(requireOnMain(root, side, 'staging'), refused(side))
})

test('what another clone has pushed meanwhile is fetched; where origin cannot be asked, what it said last counts', async () => {
  await using repository = await makeRepository({ origin: true })
  const { dir, root, commit } = repository
  const newer = await git(root, ['commit-tree', '-p', commit, '-m', 'newer', `${commit}^{tree}`])
  await git(root, ['push', '--quiet', join(dir, 'origin.git'), `${newer}:refs/heads/main`])
  assert.equal(await git(root, ['rev-parse', 'origin/main']), commit)
  await requireOnMain(root, newer, 'staging')
  await rename(join(dir, 'origin.git'), join(dir, 'away.git'))
  await requireOnMain(root, newer, 'staging')
  await assert.rejects(requireOnMain(root, 'a'.repeat(40), 'staging'), /as it was known here; origin cannot be asked: /)
})

test('a new origin that has no main yet has reviewed nothing, whatever the one before it said', async () => {
  await using repository = await makeRepository({ origin: true })
  const { dir, root, commit } = repository
  await git(dir, ['init', '--quiet', '--bare', '-b', 'main', 'new.git'])
  await git(root, ['remote', 'set-url', 'origin', join(dir, 'new.git')])
  await assert.rejects(requireOnMain(root, commit, 'staging'), /origin has no branch main.*git push -u origin main/)
  await git(root, ['push', '--quiet', '-u', 'origin', 'main'])
  await requireOnMain(root, commit, 'staging')
})

test("origin's default branch may have another name", async () => {
  await using repository = await makeRepository({ origin: true })
  const { root, commit } = repository
  const side = await sideCommit(root)
  await git(root, ['remote', 'set-head', 'origin', 'side'])
  await requireOnMain(root, side, 'staging')
  await requireOnMain(root, commit, 'staging')
})

test('a shallow clone says that it is one', async () => {
  await using repository = await makeRepository({ origin: true })
  const { dir, root, commit } = repository
  await git(root, ['commit', '--quiet', '--allow-empty', '-m', 'second'])
  await git(root, ['push', '--quiet', 'origin', 'main'])
  await git(dir, ['clone', '--quiet', '--depth=1', `file://${join(dir, 'origin.git')}`, 'shallow'])
  await assert.rejects(requireOnMain(join(dir, 'shallow'), commit, 'staging'), /git fetch --unshallow/)
})

test('without an origin, the local main and what is checked out count', async () => {
  await using repository = await makeRepository()
  const { root, commit } = repository
  await git(root, ['switch', '--quiet', '-c', 'mine'])
  await git(root, ['commit', '--quiet', '--allow-empty', '-m', 'mine'])
  const mine = await git(root, ['rev-parse', 'HEAD'])
  await requireOnMain(root, commit, 'staging')
  await requireOnMain(root, mine, 'staging')
  await git(root, ['switch', '--quiet', 'main'])
  await assert.rejects(requireOnMain(root, mine, 'staging'), /merge it into main and release the commit/)
})

test('a forged entry runs nothing: not planned, not asked for, not carried on, not put beside a release as the stable one', async () => {
  await using project = await makeProject()
  const { root } = project
  const side = await sideCommit(root, { 'serve/server.ts': 'throw new Error("foreign code")\n' })
  const forged = { ...releaseOf('e', side), rehearsal: true }
  const context = { root, say: () => {} } as unknown as Context
  await promoteRelease(root, 'staging', await recordRelease(root, 'staging', forged))
  await assert.rejects(plan(context, { environment: 'production', commit: side }), refused(side))
  const asked = { environment: 'production', commit: side, id: 'r1', by: 'eve' }
  await assert.rejects(request(context, asked), refused(side))

  const open = await recordRelease(root, 'production', forged)
  const model = await project.model(1)
  const { commit: _commit, model: _model, ...options } = project.options(model, side)
  const holder = { name: 'me', alive: async () => false }
  await assert.rejects(resumeRelease({ ...options, holder }), refused(side))
  await assert.rejects(deploy(project.options(model, side)), refused(side))

  await promoteRelease(root, 'production', open)
  const before = (await history(root, 'production')).length
  await assert.rejects(deploy(project.options(model, await project.commit())), refused(side))
  assert.equal((await history(root, 'production')).length, before, 'refused before anything is recorded')
  assert.deepEqual(await project.processes(), [])
  assert.ok(!existsSync(join(stateDir(root, 'production'), 'code', side)))
})

test("the champion's code runs only where main has its commit, and sees no variable of this process", async () => {
  await using repository = await makeRepository({ origin: true })
  const { root } = repository
  const entry = 'pipeline/evaluation/predict-held-out.ts'
  const files = { 'package.json': '{"type":"module"}', [entry]: 'console.log(JSON.stringify({ seen: process.env }))\n' }
  const side = await sideCommit(root, files)
  const predict = (commit: string) =>
    championHeldOut(root, { release: releaseOf('e', commit), bundle: root }, '2020-01-01', () => {})
  await assert.rejects(predict(side), refused(side))
  assert.ok(!existsSync(join(root, '.mergeline/code', side)))
  await git(root, ['merge', '--quiet', '--ff-only', 'side'])
  await git(root, ['push', '--quiet', 'origin', 'main'])
  assert.deepEqual(await predict(side), [{ seen: {} }])
})
