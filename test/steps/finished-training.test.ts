import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { filesOfTraining, finishedTraining, placeFor, trainingFolder } from '../../pipeline/steps/finished-training.ts'
import { told, writeSampleTraining } from './sample-bundle.ts'

const fingerprint = `sha256:${'f'.repeat(64)}`

function scratch(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'mergeline-training-'))
  t.after(() => rmSync(root, { recursive: true }))
  return root
}

/** Brings a training whose files `change` has changed, and returns what was said to it. */
async function bring(root: string, change: (folder: string, digest: string) => void, digest?: string): Promise<string> {
  await using place = await placeFor(root, fingerprint)
  const made = await writeSampleTraining(place.folder)
  change(place.folder, made.digest)
  return await place.accept(digest).then(
    () => 'accepted',
    (error: Error) => `${error.name}: ${error.message}`,
  )
}

test('what is whole is moved into place, and found there with its history', async (t) => {
  const root = scratch(t)
  assert.equal(await finishedTraining(root, fingerprint), undefined)
  assert.equal(await bring(root, () => {}), 'accepted')
  const found = await finishedTraining(root, fingerprint)
  assert.equal(found?.folder, trainingFolder(root, fingerprint))
  assert.equal(found?.epochs.length, 2)
  for (const file of await filesOfTraining(found?.folder ?? ''))
    assert.ok(existsSync(join(found?.folder ?? '', file)), file)
  assert.equal(await bring(root, () => {}), 'accepted', 'and again, in its place')
  assert.equal(readdirSync(join(root, '.mergeline/trainings')).length, 1)
})

test('a training that was changed since is not believed', async (t) => {
  const root = scratch(t)
  await bring(root, () => {})
  writeFileSync(join(trainingFolder(root, fingerprint), 'bundle/weights.bin'), 'other')
  assert.equal(await finishedTraining(root, fingerprint), undefined)
})

const other = `sha256:${'0'.repeat(64)}`
const json = (value: unknown) => (folder: string) => writeFileSync(join(folder, 'training.json'), JSON.stringify(value))
const refused: { readonly [what: string]: readonly [(folder: string, digest: string) => void, RegExp] } = {
  'no training.json': [(folder) => rmSync(join(folder, 'training.json')), /training\.json is missing/],
  'training.json as a link': [
    (folder) => {
      rmSync(join(folder, 'training.json'))
      symlinkSync('/etc/hostname', join(folder, 'training.json'))
    },
    /training\.json is missing, or no plain file/,
  ],
  'text that is not JSON': [
    (folder) => writeFileSync(join(folder, 'training.json'), '{'),
    /training\.json is not JSON/,
  ],
  'an unknown key': [
    (folder, digest) => json(told(digest, { run: '::add-mask::x' }))(folder),
    /run is not a known key/,
  ],
  'a prototype': [
    (folder, digest) =>
      writeFileSync(
        join(folder, 'training.json'),
        JSON.stringify(told(digest)).replace('{', '{"__proto__":{"reused":true},'),
      ),
    /__proto__ is not a known key/,
  ],
  'a digest that is a path': [json(told('../../victim')), /digest must match pattern/],
  'another digest than its bundle': [json(told(other)), /tells of sha256:0+, and the bundle is/],
  'an epoch without end': [
    (folder, digest) => {
      const text = JSON.stringify(told(digest)).replace('"loss":0.5', '"loss":1e999')
      writeFileSync(join(folder, 'training.json'), text)
    },
    /epochs\.0\.loss must be number/,
  ],
  'negative seconds': [(folder, digest) => json(told(digest, { seconds: -1 }))(folder), /seconds must be >= 0/],
  'a list': [json([]), /the top level must be object/],
  'a bundle with a file too many': [
    (folder) => writeFileSync(join(folder, 'bundle/run.sh'), 'true'),
    /"run\.sh" does not belong in a bundle/,
  ],
  'a bundle with changed weights': [
    (folder) => writeFileSync(join(folder, 'bundle/weights.bin'), 'other'),
    /weights\.bin is not what the manifest says/,
  ],
}

for (const [what, [change, why]] of Object.entries(refused)) {
  test(`${what}: refused, and nothing of it stays`, async (t) => {
    const root = scratch(t)
    const said = await bring(root, change)
    assert.match(said, why)
    assert.match(said, /^InputError: /)
    assert.deepEqual(readdirSync(join(root, '.mergeline/trainings')), [])
  })
}

test('another digest than was asked for is refused', async (t) => {
  assert.match(await bring(scratch(t), () => {}, other), /its digest is sha256:\w+, and should be sha256:0+/)
})
