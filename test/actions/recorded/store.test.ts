import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { tarOf } from '../../../actions/shared/training-files.ts'
import type { Context } from '../../../pipeline/steps/context.ts'
import { filesOfTraining } from '../../../pipeline/steps/finished-training.ts'
import { releasedBundle } from '../../../pipeline/steps/released-bundle.ts'
import { writeSampleTraining } from '../../steps/sample-bundle.ts'
import { scene } from './scene.ts'
import { made, newFolder, storeIn, tagOf } from './store-scene.ts'

// One store for all, with one model: GitHub wants a second between writes, and that is kept.
const github = await scene({ private: true })
after(() => github[Symbol.asyncDispose]())
const { folder, digest } = await made(github)
const kept = await storeIn(github).keep({ digest, folder, card: '# Card\n', datasheet: '# Datasheet\n' })
const stored = github.state.assets.find(({ name }) => name === 'training.tar')
const writes = () => github.state.requests.filter(({ method }) => method !== 'GET').length

test('what is kept comes back, byte for byte, from a release that is never the latest', async () => {
  assert.deepEqual(kept, { url: `${github.serverUrl}/acme/ice-cream/releases/tag/${tagOf(digest)}`, created: true })
  const [release] = github.state.releases
  const { tag, prerelease, latest, draft } = release ?? {}
  assert.deepEqual(
    { tag, prerelease, latest, draft },
    { tag: tagOf(digest), prerelease: true, latest: false, draft: false },
  )
  assert.match(release?.body ?? '', /^Registered for commit a{40} by http.*\/actions\/runs\/\d+\. /)
  const card = github.state.assets.find(({ name }) => name === 'model-card.md')
  assert.equal(readFileSync(card?.file ?? '', 'utf8'), '# Card\n')
  const to = newFolder(github)
  assert.equal(await storeIn(github, 'read').fetch(digest, to), true)
  for (const path of await filesOfTraining(folder))
    assert.deepEqual(readFileSync(join(to, path)), readFileSync(join(folder, path)), path)
  assert.deepEqual(github.state.violations, [])
})

test('a digest that is not kept is not there', async () => {
  const to = newFolder(github)
  assert.equal(await storeIn(github).fetch(`sha256:${'0'.repeat(64)}`, to), false)
  assert.deepEqual(readdirSync(to), [])
})

test('kept again, nothing is written; a training of another time with the same model is the same', async () => {
  const before = writes()
  assert.equal(
    (await storeIn(github).keep({ digest, folder, card: '# Card\n', datasheet: '# Datasheet\n' })).created,
    false,
  )
  const later = await made(github, { seconds: 99 })
  const again = await storeIn(github).keep({
    digest,
    folder: later.folder,
    card: '# Another card\n',
    datasheet: '# Datasheet\n',
  })
  assert.deepEqual([later.digest, again.created, writes()], [digest, false, before])
})

test('without the permission to write, the error names it', async () => {
  const other = await writeSampleTraining(mkdtempSync(join(github.dir, 'other-')), { weights: 'others' })
  await assert.rejects(
    storeIn(github, 'read').keep({ ...other, card: '# Card\n', datasheet: '# Datasheet\n' }),
    /the model store cannot be written: GitHub says 403: .*; give the job the permission contents: write/,
  )
})

test('a model that somebody put there in place of another is refused by its digest', async () => {
  const other = await writeSampleTraining(mkdtempSync(join(github.dir, 'other-')), { weights: 'others' })
  const archive = await tarOf(other.folder)
  writeFileSync(stored?.file ?? '', archive)
  Object.assign(stored ?? {}, { digest: null, size: archive.length })
  await assert.rejects(
    storeIn(github).keep({ digest, folder, card: '# Card\n', datasheet: '# Datasheet\n' }),
    /somebody changed it; delete that release's training\.tar/,
  )
  const context = { root: github.dir, store: storeIn(github) } as Context
  await assert.rejects(
    releasedBundle(context, null, { name: 'sales', digest }),
    /its bundle is sha256:\w+, and should be/,
  )
  assert.ok(!existsSync(join(github.dir, '.mergeline/bundles', digest.replace(':', '-'))))
})

test('an archive that is none, or not the one that GitHub recorded, is refused', async () => {
  writeFileSync(stored?.file ?? '', 'not an archive')
  await assert.rejects(storeIn(github).fetch(digest, newFolder(github)), /training\.tar\): ends before its end/)
  Object.assign(stored ?? {}, { digest: `sha256:${'0'.repeat(64)}` })
  await assert.rejects(
    storeIn(github).fetch(digest, newFolder(github)),
    /is sha256:\w+, and GitHub has recorded sha256:0+/,
  )
})
