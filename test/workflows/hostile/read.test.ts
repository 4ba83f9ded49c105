import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { messageOf } from '../../../pipeline/cli/failure.ts'
import { dataHash } from '../../../pipeline/data/dvc.ts'
import { InputError } from '../../../pipeline/errors.ts'
import { parseParams } from '../../../pipeline/params.ts'
import { loadEnvironment, parseEnvironment } from '../../../pipeline/release/environment.ts'
import { parseImageName } from '../../../pipeline/release/image/name.ts'
import { formatRelease, parseRelease } from '../../../pipeline/release/release.ts'
import { readReport } from '../../../pipeline/report/report-json.ts'
import { finishedTraining, trainingFolder } from '../../../pipeline/steps/finished-training.ts'
import { verifyBundle } from '../../../pipeline/tracking/manifest.ts'
import { folderWith } from '../../data/folder.ts'
import { releaseOf } from '../../release/repository.ts'
import { writeSampleTraining } from '../../steps/sample-bundle.ts'
import { json, yaml } from './documents.ts'
import { invisible, tryAll } from './try.ts'
import { words } from './words.ts'

const root = join(import.meta.dirname, '../../..')
const params = readFileSync(join(root, 'params.yaml'), 'utf8')
const commit = '3f2c1ab9'.repeat(5)
const hash = `sha256:${'f'.repeat(64)}`

/** Refused with one error of a few visible words. */
async function refused(read: () => unknown): Promise<void> {
  let got: unknown
  try {
    got = await read()
  } catch (error) {
    assert.ok(error instanceof InputError, (error as Error).stack)
    assert.doesNotMatch(messageOf(error), invisible)
    assert.ok(error.message.length < 30_000, `${error.message.length} characters`)
    return
  }
  assert.fail(`it was read: ${JSON.stringify(got)?.slice(0, 200)}`)
}

/** Tries every document, and says how many. */
async function readAll(
  t: TestContext,
  all: { readonly [what: string]: string },
  read: (text: string) => Promise<void>,
) {
  for (const [what, text] of Object.entries(all)) await t.test(what, () => read(text))
  t.diagnostic(`${Object.keys(all).length} hostile documents`)
}

test('YAML: params.yaml, an environment’s, release.yaml and data.dvc refuse it with one error', (t) =>
  readAll(t, yaml, async (text) => {
    await refused(() => parseParams(text))
    await refused(() => parseEnvironment('production', text, ''))
    await refused(() => parseRelease(text, 'release.yaml'))
    using folder = folderWith({ 'data.dvc': text })
    await refused(() => dataHash(folder.root))
    assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  }))

test('JSON: report, training.json and a bundle’s manifest refuse it with one error', (t) =>
  readAll(t, json, async (text) => {
    await refused(() => readReport(Buffer.from(text), 'artifact 7: report.json'))
    using folder = folderWith({})
    const training = trainingFolder(folder.root, hash)
    mkdirSync(training, { recursive: true })
    await writeSampleTraining(training)
    writeFileSync(join(training, 'training.json'), text)
    assert.equal(await finishedTraining(folder.root, hash), undefined)
    writeFileSync(join(training, 'bundle', 'manifest.json'), text)
    await refused(() => verifyBundle(join(training, 'bundle')))
  }))

test('words in params.yaml: text where text may be, else refused', (t) =>
  tryAll(t, words, async (word) => {
    const quoted = JSON.stringify(word)
    const name = params.replace(/(?<=model: )[^\n]+/, () => quoted)
    if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(word)) assert.equal(parseParams(name).register.model, word)
    else await refused(() => parseParams(name))
    await refused(() => parseParams(`${params}${quoted}: 1\n`))
    await refused(() => parseParams(params.replace('backend: wasm', () => `backend: ${quoted}`)))
    const comment = word.replace(/[\n\r]/g, ' ')
    assert.deepEqual(parseParams(`# ${comment}\n${params}# ${comment}`), parseParams(params))
  }))

test('words in release.yaml: a reason is text and comes back as it is, a name or an image is refused', (t) =>
  tryAll(t, words.filter(Boolean), async (word) => {
    const release = releaseOf('a', commit)
    const held = [{ model: release.model.digest, since: '2026-11-21T02:00:00.000Z', why: word.toWellFormed() }]
    assert.deepEqual(parseRelease(formatRelease({ release, held }), 'release.yaml'), { release, held })
    const image = formatRelease({ release: { ...release, image: word }, held: [] })
    await refused(() => parseRelease(image, 'release.yaml'))
    await refused(() =>
      parseRelease(formatRelease({ release: { ...release, commit: word }, held: [] }), 'release.yaml'),
    )
  }))

test('words as names of environments and images: refused', (t) =>
  tryAll(t, words, async (word) => {
    await refused(() => loadEnvironment(root, word.slice(0, 1000)))
    const plain = /^[a-z0-9]+(?:[._-][a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-][a-z0-9]+)*)*$/.test(word) && word.length < 200
    if (plain) assert.deepEqual(parseImageName(word, 'image: --tag'), { repository: word })
    else await refused(() => parseImageName(word, 'image: --tag'))
  }))
