import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { InputError } from '../../pipeline/errors.ts'
import { loadParams } from '../../pipeline/params.ts'
import { loadBundle } from '../../pipeline/tracking/bundle.ts'
import { bundleFiles, verifyBundle } from '../../pipeline/tracking/manifest.ts'
import { makeBundle } from '../../pipeline/training/make-bundle.ts'
import { folderWith } from '../data/folder.ts'
import { sampleFiles } from './sample-folder.ts'

const dir = mkdtempSync(join(tmpdir(), 'mergeline-bundle-'))
const sample = folderWith(sampleFiles)
after(() => {
  rmSync(dir, { recursive: true })
  sample[Symbol.dispose]()
})
const params = { ...loadParams(join(import.meta.dirname, '../..')).train, epochs: 1 }
const good = join(dir, 'good')
const { digest } = await makeBundle(join(sample.root, 'data'), params, good, () => {})

let copies = 0
function copy(): string {
  const to = join(dir, `copy-${++copies}`)
  cpSync(good, to, { recursive: true })
  return to
}

test('a bundle is verified to its digest, and predicts its golden records again', async () => {
  assert.equal((await verifyBundle(good)).digest, digest)
  const bundle = await loadBundle(good)
  assert.equal(bundle.golden.length, 24)
  assert.deepEqual(
    bundle.predict(bundle.golden.map(({ record }) => record)),
    bundle.golden.map(({ prediction }) => prediction),
  )
  assert.deepEqual(bundle.predict([]), [])
  bundle.dispose()
})

test('one record gives the same prediction alone as in a batch', async () => {
  const bundle = await loadBundle(good)
  for (const { record, prediction } of bundle.golden) {
    const [alone] = bundle.predict([record])
    assert.ok(Math.abs((alone as number) - prediction) <= 1e-4 * Math.abs(prediction), `${alone} ${prediction}`)
  }
  bundle.dispose()
})

for (const file of bundleFiles) {
  test(`a changed ${file} is refused`, async () => {
    const changed = copy()
    appendFileSync(join(changed, file), ' ')
    await assert.rejects(verifyBundle(changed), new RegExp(`${file.replace('.', '\\.')} is not what the manifest says`))
  })
}

test('a missing file, an added one, a link and a manifest that lists another are refused', async () => {
  const missing = copy()
  unlinkSync(join(missing, 'weights.bin'))
  await assert.rejects(verifyBundle(missing), /weights\.bin is missing/)
  const added = copy()
  writeFileSync(join(added, 'extra.js'), '')
  await assert.rejects(verifyBundle(added), /"extra\.js" does not belong/)
  const linked = copy()
  unlinkSync(join(linked, 'weights.bin'))
  symlinkSync(join(good, 'weights.bin'), join(linked, 'weights.bin'))
  await assert.rejects(verifyBundle(linked), /weights\.bin is not a plain file/)
  const listing = copy()
  const manifest = JSON.parse(readFileSync(join(listing, 'manifest.json'), 'utf8'))
  manifest.files['../../etc/passwd'] = manifest.files['weights.bin']
  writeFileSync(join(listing, 'manifest.json'), JSON.stringify(manifest))
  await assert.rejects(verifyBundle(listing), /does not|manifest/)
  await assert.rejects(verifyBundle(join(dir, 'nowhere')), /cannot be read/)
})

test('a manifest that is damaged or of another form is refused with what is wrong', async () => {
  const damaged = copy()
  writeFileSync(join(damaged, 'manifest.json'), '{')
  await assert.rejects(verifyBundle(damaged), /manifest\.json is not JSON/)
  const other = copy()
  const manifest = JSON.parse(readFileSync(join(other, 'manifest.json'), 'utf8'))
  writeFileSync(join(other, 'manifest.json'), JSON.stringify({ ...manifest, format: 2 }))
  await assert.rejects(verifyBundle(other), /format must be 1, got 2/)
})

test('files that are what the manifest says, and yet no model, are refused in words', async () => {
  for (const [file, change] of [
    ['weights.bin', (bytes: Buffer) => bytes.subarray(0, 10)],
    ['model.json', () => Buffer.from('{"weightsManifest":[{}]}')],
    ['features.json', () => Buffer.from('{')],
  ] as const) {
    const at = copy()
    const bytes = change(readFileSync(join(at, file)))
    writeFileSync(join(at, file), bytes)
    const manifest = JSON.parse(readFileSync(join(at, 'manifest.json'), 'utf8'))
    manifest.files[file] = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }
    writeFileSync(join(at, 'manifest.json'), JSON.stringify(manifest))
    await assert.rejects(
      loadBundle(at),
      (error) => error instanceof InputError && /: model\.json, with its weights .* is no model/.test(error.message),
    )
  }
})
