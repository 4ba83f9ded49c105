import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatRelease, type ReleasedModel } from '../../../pipeline/release/release.ts'
import { git } from '../../workflows/github/git/command.ts'
import { fingerprint, scene, staging } from './scene.ts'
import { made, storeIn } from './store-scene.ts'

type Scene = Awaited<ReturnType<typeof scene>>

/** Releases on the branch `releases`, one commit each, oldest first. */
async function released(github: Scene, models: readonly Omit<ReleasedModel, 'name'>[]): Promise<void> {
  const tree = mkdtempSync(join(github.dir, 'releases-'))
  await git(tree, ['init', '--quiet', '-b', 'releases'])
  const commit = await git(github.root, ['rev-parse', 'main'])
  for (const model of models) {
    const release = { model: { name: 'sales', ...model }, commit, rehearsal: true }
    mkdirSync(join(tree, 'environments/staging'), { recursive: true })
    writeFileSync(join(tree, 'environments/staging/release.yaml'), formatRelease({ release, held: [] }))
    await git(tree, ['add', '--all'])
    await git(tree, ['commit', '--quiet', '-m', 'release'])
  }
  await git(tree, ['push', '--quiet', github.url('user:ada'), 'releases'])
}

const runOf = (github: Scene) =>
  github.startRun({ workflow: staging, event: 'push', headSha: 'a'.repeat(40), headBranch: 'main' })
const other = { digest: `sha256:${'1'.repeat(64)}`, fingerprint: `sha256:${'2'.repeat(64)}` }

for (const trust of ['any', 'recorded'] as const) {
  test(`trust ${trust}: a training that was released is taken from the model store, when no run has it any more`, async () => {
    await using github = await scene({ private: true })
    const { folder, digest } = await made(github)
    await storeIn(github).keep({ digest, folder, card: '# Card\n' })
    await released(github, [
      { version: 1, digest, fingerprint },
      { version: 2, ...other },
    ])
    const found = await github.reuseIn({ run: runOf(github), trust })
    assert.deepEqual(found, { source: 'the model store', vouched: true })
    assert.deepEqual(github.state.violations, [])
  })
}

test('a release whose model the store does not have, or has another under its digest, is a reason to train', async () => {
  await using github = await scene()
  const { folder, digest } = await made(github)
  await released(github, [{ version: 1, digest: other.digest, fingerprint }])
  const missing = await github.reuseIn({ run: runOf(github), trust: 'recorded' })
  assert.match(
    (missing as { why: string }).why,
    /^the model store .* does not have sha256:111111111111, which was released$/,
  )
  await storeIn(github).keep({ digest, folder, card: '# Card\n' })
  for (const release of github.state.releases) release.tag = `model-${'1'.repeat(64)}`
  const swapped = await github.reuseIn({ run: runOf(github), trust: 'recorded' })
  assert.match(
    (swapped as { why: string }).why,
    new RegExp(`^what the model store has cannot be used: its digest is ${digest}, and should be ${other.digest}$`),
  )
})
