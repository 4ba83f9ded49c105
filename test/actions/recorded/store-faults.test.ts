import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeSampleTraining } from '../../steps/sample-bundle.ts'
import { scene } from './scene.ts'
import { made, newFolder, storeIn, tagOf, uploading } from './store-scene.ts'

const publishing = 'PATCH /repos/{owner}/{repo}/releases/{release_id}'

test('what broke off is replaced, what was done and only not answered is not repeated, and what is lacking is added', async () => {
  await using github = await scene()
  const { folder, digest } = await made(github)
  const model = { digest, folder, card: '# Card\n', datasheet: '# Datasheet\n' }
  github.fail('POST /repos/{owner}/{repo}/releases', { status: 502, after: true })
  github.fail(uploading, { reset: true }, { status: 502, after: true })
  await storeIn(github).keep(model)
  const files = () => github.state.assets.map(({ name, state }) => `${name} ${state}`).sort()
  assert.deepEqual(files(), ['datasheet.md uploaded', 'model-card.md uploaded', 'training.tar uploaded'])
  assert.deepEqual([github.state.releases.length, github.faultsLeft()], [1, []])
  github.state.assets.splice(
    github.state.assets.findIndex(({ name }) => name === 'training.tar'),
    1,
  )
  assert.equal((await storeIn(github).keep(model)).created, true)
  assert.equal(await storeIn(github).fetch(digest, newFolder(github)), true)
})

test('two that keep the same at once end with one release and all files', async () => {
  await using github = await scene()
  const { folder, digest } = await made(github)
  const model = { digest, folder, card: '# Card\n', datasheet: '# Datasheet\n' }
  await Promise.all([storeIn(github).keep(model), storeIn(github).keep(model)])
  assert.deepEqual([github.state.releases.length, github.state.assets.length], [1, 3])
})

test('where releases are immutable, it is published with all files, and what a killed job left is carried on', async () => {
  await using github = await scene({ private: true })
  github.state.immutableReleases = true
  const { folder, digest } = await made(github)
  const model = { digest, folder, card: '# Card\n', datasheet: '# Datasheet\n' }
  github.fail(uploading, {}, { status: 422 })
  await assert.rejects(storeIn(github).keep(model), /cannot be written: GitHub says 422/)
  assert.deepEqual(
    github.state.releases.map(({ draft, tag }) => [draft, tag]),
    [[true, tagOf(digest)]],
  )
  assert.equal(await storeIn(github).fetch(digest, newFolder(github)), false, 'a draft does not count')
  const [left] = github.state.releases
  assert.equal((await storeIn(github).keep(model)).url.endsWith(tagOf(digest)), true)
  const [release] = github.state.releases
  assert.deepEqual(
    [release?.id, release?.draft, release?.immutable, release?.prerelease, release?.latest],
    [left?.id, false, true, true, false],
  )
  assert.equal(await storeIn(github).fetch(digest, newFolder(github)), true)
  assert.equal((await storeIn(github).keep(model)).created, false)
  assert.deepEqual(github.state.violations, [])
})

test('who finds the tag taken takes what was published, and deletes the own draft', async () => {
  await using github = await scene()
  const { folder, digest } = await made(github)
  const model = { digest, folder, card: '# Card\n', datasheet: '# Datasheet\n' }
  github.fail(publishing, { delayMs: 6000 })
  const slow = storeIn(github).keep(model)
  while (github.state.releases.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  const [draft] = github.state.releases
  // The other job listed the releases before this draft was there.
  if (draft) draft.tag = 'model-unseen'
  await storeIn(github).keep(model)
  if (draft) draft.tag = tagOf(digest)
  const { url } = await slow
  assert.ok(url.endsWith(tagOf(digest)), url)
  assert.deepEqual(
    github.state.releases.map(({ id, draft: open }) => [id === draft?.id, open]),
    [[false, false]],
  )
  assert.equal(github.state.assets.length, 3)
})

test('a draft with another model in it is not published', async () => {
  await using github = await scene()
  const { folder, digest } = await made(github)
  const other = await writeSampleTraining(mkdtempSync(join(github.dir, 'other-')), { weights: 'others' })
  const model = { digest, card: '# Card\n', datasheet: '# Datasheet\n' }
  github.fail(publishing, { status: 422 })
  await assert.rejects(storeIn(github).keep({ ...model, folder: other.folder }), /cannot be written/)
  await assert.rejects(storeIn(github).keep({ ...model, folder }), /somebody changed it/)
  assert.deepEqual(
    github.state.releases.map(({ draft }) => draft),
    [true],
  )
})
