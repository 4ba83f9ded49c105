import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modelCard } from '../../pipeline/report/model-card.ts'
import { isSuccess, type ReleaseNotes, releaseNotes, releaseTitle } from '../../pipeline/report/release-notes.ts'
import { hostile, withoutCode } from './cells.ts'
import { cardWith } from './sample.ts'

const model = {
  name: 'ice-cream-sales',
  version: 3,
  digest: `sha256:${'9c'.repeat(32)}`,
  fingerprint: `sha256:${'4f'.repeat(32)}`,
}
const release = { model, commit: '3f2c1ab9'.repeat(5), rehearsal: false }
const cardOf = (strange: string) => modelCard(cardWith(strange))
const notes = (changes: Partial<ReleaseNotes> = {}): ReleaseNotes => ({
  tag: 'v1.2.0',
  environment: 'production',
  outcome: 'promoted',
  release,
  previous: { ...release, model: { ...model, version: 2, digest: `sha256:${'ab'.repeat(32)}` } },
  evidence: '### production: promoted\n\n| | |\n|---|---|\n| why | better |\n\n```text\nE = 20\n```\n',
  card: cardOf('harmless'),
  ...changes,
})

test('the notes tell what came of it, the model, the one before it, the evidence and the card with its comparison', () => {
  const text = releaseNotes(notes())
  assert.match(text, /^<!-- mergeline:release -->\n\n## ✅ v1\.2\.0 runs in production\n/)
  assert.match(text, /\| model \| ice-cream-sales v3 \(sha256:9c9c9c9c9c9c\) \|/)
  assert.match(text, /\| before it \| ice-cream-sales v2 \(sha256:abababababab\) \|/)
  assert.match(text, /E = 20/)
  assert.match(text, /<summary>Model card<\/summary>\n\n# Model card: harmless\n.*\| champion \| /s)
  assert.match(text, /<!-- \/mergeline:release -->\n$/)
  assert.match(releaseNotes(notes({ previous: null })), /\| before it \| nothing: the first \|/)
})

test('only a success in production is one', () => {
  const rehearsal = { ...release, rehearsal: true }
  const all = [
    ['promoted', release, true, 'v1.2.0', /## ✅ v1\.2\.0 runs in production/],
    ['unchanged', release, true, 'v1.2.0', /## ✅ v1\.2\.0 runs in production, as before/],
    ['promoted', rehearsal, false, 'v1.2.0 (rehearsal)', /## ⚠️ .*\n\nA rehearsal: /],
    ['rolled back', release, false, 'v1.2.0 (rolled back)', /## ❌ v1\.2\.0 was rolled back in production/],
    ['rolled back', rehearsal, false, 'v1.2.0 (rolled back, rehearsal)', /## ❌ .*\n\nA rehearsal: /],
    ['held', release, false, 'v1.2.0 (held)', /## ⚠️ v1\.2\.0 is held in production/],
    ['superseded', null, false, 'v1.2.0 (superseded)', /## ⚠️ v1\.2\.0 was superseded in production/],
    ['something else', release, false, 'v1.2.0 (something else)', /## ⚠️ v1\.2\.0 something else/],
  ] as const
  for (const [outcome, each, success, title, said] of all) {
    const told = notes({ outcome, release: each })
    assert.equal(isSuccess(told), success)
    assert.equal(releaseTitle(told), title)
    assert.match(releaseNotes(told), said)
  }
})

test('our part replaces our part, and what people wrote stays', () => {
  const first = releaseNotes(notes(), 'Hello.\n')
  assert.match(first, /^Hello\.\n\n<!-- mergeline:release -->/)
  const second = releaseNotes(notes({ outcome: 'held' }), `${first}\nThanks.`)
  assert.match(second, /^Hello\.\n\n<!-- mergeline:release -->\n\n## ⚠️ .*<!-- \/mergeline:release -->\n\nThanks\.\n$/s)
  assert.equal(releaseNotes(notes({ outcome: 'held' }), second), second)
})

test('the notes are never longer than GitHub takes; a card that does not fit is where the model is', () => {
  const cardUrl = 'https://github.example/acme/shop/releases/tag/model-9c'
  const long = 'word '.repeat(40_000)
  const fenced = `\`\`\`\`text\n${'line\n'.repeat(50_000)}\`\`\`\``
  for (const changes of [{ card: long }, { evidence: long }, { evidence: fenced }, { card: long, evidence: fenced }]) {
    for (const before of ['', 'x'.repeat(80_000), 'x'.repeat(120_000), 'x'.repeat(124_900)]) {
      const text = releaseNotes(notes({ ...changes, cardUrl }), before)
      assert.ok(text.length <= 125_000, `${text.length}`)
      assert.ok(text.startsWith(before.slice(0, 1000)))
    }
  }
  const text = releaseNotes(notes({ card: long, evidence: fenced, cardUrl }))
  assert.match(text, /line\n````\n\nThere is more in the log of the run\.\n/)
  assert.match(
    text,
    /The model card is too long to be shown here; it is \[with the model\]\(https:\/\/github\.example\//,
  )
  assert.match(releaseNotes(notes({ card: '', cardUrl })), /\nThe model card is \[with the model\]\(/)
})

test('no stranger’s word in tag, outcome or card makes a link, HTML or a mention', () => {
  for (const strange of hostile) {
    const told = notes({ tag: strange, outcome: strange, environment: strange, card: cardOf(strange) })
    const outside = withoutCode(releaseNotes(told))
    assert.doesNotMatch(
      outside,
      /@|\]\(|https?:\/\/|<(?!\/?(?:details|summary)>|!-- \/?mergeline:release -->)/,
      JSON.stringify(strange),
    )
  }
})
