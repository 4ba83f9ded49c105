import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { InputError } from '../../pipeline/errors.ts'
import { type BundleSource, fetchBundle } from '../../pipeline/tracking/fetch-bundle.ts'
import { writeSampleBundle } from '../steps/sample-bundle.ts'

function scratch(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'mergeline-fetch-'))
  t.after(() => rmSync(root, { recursive: true }))
  return root
}

const from = (name: string, folder: string): BundleSource => ({
  name,
  bring: async (to) => {
    cpSync(folder, to, { recursive: true })
    return true
  },
})
const without: BundleSource = { name: 'an empty store', bring: async () => false }

test('a digest that is a path is refused before anything is asked or removed', async (t) => {
  const root = scratch(t)
  mkdirSync(join(root, 'victim'))
  const asked: BundleSource = { name: 'x', bring: () => assert.fail('it was asked') }
  for (const digest of ['../../victim', 'sha256:/../../../victim', '', `sha256:${'a'.repeat(63)}`]) {
    await assert.rejects(fetchBundle(root, digest, [asked]), /is no digest/)
  }
  assert.ok(existsSync(join(root, 'victim')))
})

test('the first place that has the bundle gives it, and then it is here', async (t) => {
  const root = scratch(t)
  const made = await writeSampleBundle(join(root, 'made'))
  const broken: BundleSource = {
    name: 'a broken one',
    bring: () => Promise.reject(new InputError('it is out of reach')),
  }
  const folder = await fetchBundle(root, made.digest, [without, broken, from('a good one', made.folder)])
  assert.equal(folder, join(root, '.mergeline/bundles', made.digest.replace(':', '-')))
  assert.equal(await fetchBundle(root, made.digest, []), folder)
  rmSync(join(folder, 'model.json'))
  await assert.rejects(fetchBundle(root, made.digest, []), /and there is no place to ask/)
})

test('where none has it, each says why', async (t) => {
  const broken: BundleSource = {
    name: 'a broken one',
    bring: () => Promise.reject(new InputError('it is out of reach')),
  }
  await assert.rejects(
    fetchBundle(scratch(t), `sha256:${'a'.repeat(64)}`, [without, broken]),
    /no place has the bundle .*\n {2}- an empty store: has no bundle of this digest\n {2}- a broken one: it is out of reach/,
  )
})

test('other content under that digest is an error, and nothing of it stays', async (t) => {
  const root = scratch(t)
  const made = await writeSampleBundle(join(root, 'made'))
  await assert.rejects(
    fetchBundle(root, `sha256:${'a'.repeat(64)}`, [from('the store', made.folder)]),
    new RegExp(`the store: its bundle is ${made.digest}, and should be sha256:a+: somebody changed it`),
  )
  writeFileSync(join(made.folder, 'weights.bin'), 'other')
  await assert.rejects(fetchBundle(root, made.digest, [from('the store', made.folder)]), /weights\.bin is not what/)
  assert.deepEqual(readdirSync(join(root, '.mergeline/bundles')), [])
})
