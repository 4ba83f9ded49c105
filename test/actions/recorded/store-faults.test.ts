import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scene } from './scene.ts'
import { made, newFolder, storeIn, uploading } from './store-scene.ts'

test('what broke off is replaced, what was done and only not answered is not repeated, and what is lacking is added', async () => {
  await using github = await scene()
  const { folder, digest } = await made(github)
  const model = { digest, folder, card: '# Card\n' }
  github.fail('POST /repos/{owner}/{repo}/releases', { status: 502, after: true })
  github.fail(uploading, { reset: true }, { status: 502, after: true })
  await storeIn(github).keep(model)
  const files = () => github.state.assets.map(({ name, state }) => `${name} ${state}`).sort()
  assert.deepEqual(files(), ['model-card.md uploaded', 'training.tar uploaded'])
  assert.deepEqual([github.state.releases.length, github.faultsLeft()], [1, []])
  github.state.assets.splice(
    github.state.assets.findIndex(({ name }) => name === 'training.tar'),
    1,
  )
  assert.equal((await storeIn(github).keep(model)).created, true)
  assert.equal(await storeIn(github).fetch(digest, newFolder(github)), true)
})

test('two that keep the same at once end with one release and both files', async () => {
  await using github = await scene()
  const { folder, digest } = await made(github)
  const model = { digest, folder, card: '# Card\n' }
  await Promise.all([storeIn(github).keep(model), storeIn(github).keep(model)])
  assert.deepEqual([github.state.releases.length, github.state.assets.length], [1, 2])
})
