import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHtml, toMarkdown } from '../../pipeline/report/report.ts'
import { cellsOf, hostile, withoutCode } from './cells.ts'
import { gate, reportWith } from './sample.ts'

const harmless = reportWith('harmless')

/** What a report is made of, whatever its words: lines by their kind, rows by their number of cells. */
const skeleton = (markdown: string) =>
  markdown
    .split('\n')
    .map((line) =>
      line.startsWith('|')
        ? `row of ${cellsOf(line).length}`
        : (/^(?:#+ |- |```\w*|<\/?details>|\*\*|\*|)/.exec(line)?.[0] ?? ''),
    )

test('the first line says in words how it ended', () => {
  const first = (report: Parameters<typeof toMarkdown>[0]) => toMarkdown(report).split('\n')[0]
  const base = { title: 'T', next: [] }
  assert.match(
    first({ ...base, gate }) ?? '',
    /^## ✅ Gate passed: MAE [\d.]+ units, [\d.]+ % less than the champion's$/,
  )
  assert.match(first({ ...base, gate: { ...gate, result: 'fail' } }) ?? '', /^## ❌ Gate failed: /)
  assert.match(
    first({ ...base, gate: { ...gate, result: 'inconclusive' } }) ?? '',
    /^## ⚠️ Gate inconclusive, so not passed: /,
  )
  assert.match(
    first({ ...base, gate: { ...gate, result: 'unchanged' } }) ?? '',
    /^## ✅ Unchanged: the candidate is the champion/,
  )
  const data = { pass: false, files: [], findings: harmless.data?.findings ?? [] }
  assert.equal(first({ ...base, gate, data }), '## ❌ Data refused: 1 error in data/sales.csv')
  assert.equal(first({ ...base, data: { ...data, pass: true, findings: [] } }), '## ✅ Data accepted')
})

test('a reused training says so, with its source and the epochs that it saved; a new one says why nothing was reused', () => {
  const base = { seconds: 0.4, fingerprint: 'f', digest: 'd' }
  const said = (training: Parameters<typeof toMarkdown>[0]['training']) =>
    toMarkdown({ title: 'T', training, next: [] } as Parameters<typeof toMarkdown>[0])
  assert.match(said({ ...base, reused: true, epochs: 0 }), /was reused, 0 epochs, in 0\.4 seconds\./)
  assert.match(
    said({ ...base, reused: true, epochs: 0, saved: 30, source: 'run 7' }),
    /was reused from run 7, 0 epochs and 30 epochs saved, in /,
  )
  assert.match(
    said({ ...base, reused: false, epochs: 3, source: 'trained', why: 'the artifact expired' }),
    /Trained for 3 epochs in 0\.4 seconds\. Nothing could be reused: the artifact expired\./,
  )
})

test('every table has as many cells in each row, and a chart as many numbers as names', () => {
  const markdown = toMarkdown(harmless)
  assert.match(
    markdown,
    /```mermaid\nxychart-beta\n {2}x-axis \["harmless"(?:, "harmless"){3}\]\n {2}y-axis "MAE units" 0 --> \d+\n {2}bar \[[\d.]+(?:, [\d.]+){3}\]\n {2}line \[/,
  )
  for (const table of markdown.split('\n\n').filter((part) => part.startsWith('|'))) {
    assert.equal(new Set(table.split('\n').map((row) => cellsOf(row).length)).size, 1, table)
  }
})

test('no stranger changes what a report is made of, or makes a link', () => {
  const expected = skeleton(toMarkdown(harmless))
  const tags = (page: string) => page.match(/<\/?[a-z][a-z0-9]*/gi)
  const page = tags(toHtml(harmless))
  for (const value of hostile) {
    for (const strange of [value, `x ${value} y`, `${value}${value}`]) {
      const markdown = toMarkdown(reportWith(strange))
      assert.deepEqual(skeleton(markdown), expected, JSON.stringify(strange))
      const outside = withoutCode(markdown.replace(/^```mermaid\n[^`]*```$/gm, ''))
      assert.doesNotMatch(outside, /@|\]\(|https?:\/\/|<(?!\/?(?:details|summary)>)/, JSON.stringify(strange))
      assert.deepEqual(tags(toHtml(reportWith(strange))), page, JSON.stringify(strange))
    }
  }
})

test('the page needs nothing but itself', () => {
  const page = toHtml(harmless)
  assert.doesNotMatch(page, /<script|<link|<img|<a |url\(|@import|src=|href=/)
  assert.deepEqual(
    [...new Set(page.match(/https?:\/\/[^\s"<]+/g))],
    ['http://www.w3.org/2000/svg'],
    'the name of SVG is no address',
  )
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  assert.equal(new Set(ids).size, ids.length)
  assert.match(page, /prefers-color-scheme: dark/)
})

const [finding] = harmless.data?.findings ?? []

test('a report that is too long for a comment leaves parts out, names them, and says where the whole one is', () => {
  const findings = Array.from(
    { length: 400 },
    () => ({ ...finding, what: '@'.repeat(2000) }) as NonNullable<typeof finding>,
  )
  const report = { ...harmless, data: { pass: true, files: [], findings } }
  const markdown = toMarkdown(report)
  assert.ok(markdown.length < 60_000, `${markdown.length} characters`)
  assert.match(markdown, /1 part is too long to be shown here \(400 warnings\); the HTML report has all\.\n$/)
  const little = toMarkdown(report, { most: 6000, whole: '[the whole](https://a.example)' })
  assert.ok(little.length < 6000, `${little.length} characters`)
  assert.match(little, /^## ✅ Gate passed/)
  assert.match(little, /\(.*400 warnings.*\); \[the whole\]\(https:\/\/a\.example\) has all\.\n$/)
})

test('500 slices are one table of the first 100, within a comment', () => {
  const [slice] = gate.slices
  const slices = Array.from(
    { length: 500 },
    (_, index) => ({ ...slice, value: `shop ${index}` }) as (typeof gate.slices)[0],
  )
  const markdown = toMarkdown({ ...harmless, gate: { ...gate, slices } })
  assert.ok(markdown.length < 60_000, `${markdown.length} characters`)
  assert.match(markdown, /<summary>All slices \(500\)/)
  assert.match(markdown, /: the first 100 of 500\*\*/)
})

test('numbers in a chart have no exponent, which Mermaid does not read', () => {
  const slices = gate.slices.map((slice) => ({ ...slice, candidate: 1.5e-9, champion: 2e-9 }))
  const markdown = toMarkdown({ ...harmless, gate: { ...gate, slices } })
  assert.match(markdown, /0 --> 0\.0000000022\n {2}bar \[0\.0000000015, /)
})

test('what to configure comes last', () => {
  const markdown = toMarkdown({ title: 'T', gate, next: ['Merge.'], configure: ['A variable.'] })
  assert.match(markdown, /### Next\n\n- Merge\.\n\n### To configure\n\n- A variable\.\n$/)
})
