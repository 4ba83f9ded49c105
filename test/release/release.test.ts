import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InputError } from '../../pipeline/errors.ts'
import { formatRelease, holdOn, nameOf, parseRelease } from '../../pipeline/release/release.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const release = {
  model: { name: 'ice-cream-sales', version: 7, digest: digest('a'), fingerprint: digest('b') },
  commit: '3f2c'.repeat(10),
  rehearsal: false,
}
const held = [{ model: digest('c'), since: '2026-11-21T02:00:00.000Z', why: 'predictions shifted: 1\n- "x"' }]

test('a release.yaml is read as it was written, with and without a release', () => {
  for (const file of [
    { release, held },
    { release, held: [] },
    { release: null, held },
  ])
    assert.deepEqual(parseRelease(formatRelease(file), 'release.yaml'), file)
})

const text = formatRelease({ release, held })
const refused: { [what: string]: [text: string, message: RegExp] } = {
  'an unknown key': [
    `${text}color: red\n`,
    /^x\/release.yaml: color is not a known key; known here: model, image, commit/,
  ],
  'a missing section': [text.replace(/^commit.*\n/m, ''), /^x\/release.yaml: commit is missing/],
  'a wrong type': [text.replace('version: 7', 'version: seven'), /model\.version must be integer, got "seven"/],
  'a digest that is none': [text.replace(digest('a'), 'latest'), /model\.digest must match pattern .* got "latest"/],
}
for (const [what, [wrong, message]] of Object.entries(refused))
  test(`${what} is refused with file and path`, () => {
    assert.throws(
      () => parseRelease(wrong, 'x/release.yaml'),
      (error) => error instanceof InputError && message.test(error.message),
    )
  })

test('a hold bars the pair of model and image, not the model with another image', () => {
  const image = `ghcr.io/acme/x@${digest('d')}`
  const model = { ...release.model, digest: digest('c') }
  assert.ok(holdOn(held, { model }))
  assert.equal(holdOn(held, { model, image }), undefined)
  assert.equal(holdOn(held, release), undefined)
  assert.equal(nameOf(release), 'ice-cream-sales v7 (sha256:aaaaaaaaaaaa)')
})
