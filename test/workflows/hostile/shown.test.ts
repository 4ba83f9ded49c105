import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { evidenceOf } from '../../../actions/shared/deployed.ts'
import type { DeployResult } from '../../../pipeline/release/deployment.ts'
import { type CommentRun, commentOf, summaryOf } from '../../../pipeline/report/comment.ts'
import { datasheet } from '../../../pipeline/report/datasheet.ts'
import { modelCard } from '../../../pipeline/report/model-card.ts'
import { releaseNotes, releaseTitle } from '../../../pipeline/report/release-notes.ts'
import { toHtml } from '../../../pipeline/report/report.ts'
import { readReport, toJson } from '../../../pipeline/report/report-json.ts'
import { datasheet as headings } from '../../../pipeline/task/datasheet.ts'
import { releaseOf } from '../../release/repository.ts'
import { cellsOf } from '../../report/cells.ts'
import { cardWith, reportWith } from '../../report/sample.ts'
import { assertText, invisible, tryAll } from './try.ts'
import { words } from './words.ts'

/** Without those that are blank, and those that are too long to be shown whole. */
const some = words.filter((word) => /[^\s\p{C}]/u.test(word) && word.length < 1000)

const commit = '3f2c1ab9'.repeat(5)
const run: CommentRun = {
  id: 900,
  number: 12,
  attempt: 1,
  commit,
  conclusion: 'success',
  repositoryUrl: 'https://a.b/c',
}
const model = releaseOf('b', commit)

/** What a page is made of: its lines by their kind, rows by their number of cells. */
const skeleton = (markdown: string) =>
  markdown.split('\n').map((line) => {
    if (line.startsWith('|')) return `row of ${cellsOf(line).length}`
    // Longer than any within.
    if (/^`{3,}\w*$/.test(line)) return line.replace(/^`+/, 'fence ')
    return /^(?:#+ |- |<\/?details>|<!-- \/?mergeline:\w+|\*\*|\*|)/.exec(line)?.[0] ?? ''
  })

/** Holds for all that is shown of a word: it is text in its place, as a harmless one would be. */
function isText(show: (word: string) => string, word: string): void {
  const markdown = show(word)
  assert.deepEqual(skeleton(markdown), skeleton(show('harmless')))
  assertText(markdown, run.repositoryUrl)
}

const card = (word: string) => modelCard(cardWith(word))

const sheet = (word: string) => {
  const schema = Type.Object({ [word]: Type.String({ description: word, unit: word, enum: [word] }) })
  const contract = { path: word, schema, key: [word], time: word, series: [], gapDays: 1, owner: word }
  return datasheet({
    ...{ name: word, target: { name: word, unit: word }, record: schema, hash: word },
    words: Object.fromEntries(Object.keys(headings).map((heading) => [heading, [word]])) as unknown as typeof headings,
    files: [
      {
        contract: { ...contract, tolerances: { [word]: { missingShare: 0.5 } } },
        counts: { rows: 2, series: 1, from: word, to: word, missing: { [word]: 1 } },
      },
    ],
    window: { from: word, trainUntil: word, until: word },
    records: { train: 1, validation: 1, test: 1 },
    features: [{ name: word, columns: 1 }],
  })
}

const evidence = (word: string) =>
  evidenceOf({
    ...{ outcome: 'rolled back', reason: word, environment: 'production', release: model, digest: model.model.digest },
    ...{ canaryRequests: 20, clients: { requests: 300, failed: 1, failures: [word] }, gatewayUrl: '' },
    evidence: { why: word, lines: [`Evidence: ${word}`.replace(/[\r\n\u2028\u2029\u0085]/g, ' ')] },
  } as DeployResult)

test('in a report: comment and job summary show it as text', (t) =>
  tryAll(t, some, (word) => {
    const shown = (each: string) => {
      const report = readReport(Buffer.from(toJson(reportWith(each))), 'report.json')
      return commentOf({ report }, { ...run, conclusion: each }, '')
    }
    isText(shown, word)
  }))

test('in why there is no report: one line of code', (t) =>
  tryAll(t, some, (word) => {
    isText(
      (each) => summaryOf({ tone: 'bad', missing: `No report: ${each}`, why: each }, { ...run, conclusion: each }),
      word,
    )
  }))

test('in a report’s page: no tag that is not ours', (t) => {
  const tags = (page: string) => page.match(/<[^>]*>/g)
  const harmless = tags(toHtml(reportWith('harmless')))?.length
  return tryAll(t, some, (word) => {
    const page = toHtml(reportWith(word))
    assert.equal(tags(page)?.length, harmless)
    assert.doesNotMatch(page.replaceAll('\t', ' '), invisible)
  })
})

test('in a model card, in a datasheet, and in evidence: text', (t) =>
  tryAll(t, some, (word) => {
    isText(card, word)
    isText(sheet, word)
    isText(evidence, word)
  }))

test('in the notes of a release: tag, outcome, environment, model card and evidence are text, and the title is visible', (t) =>
  tryAll(t, some, (word) => {
    const told = (each: string) => ({
      ...{ tag: `v1 ${each}`, environment: each, outcome: each, release: model, previous: null },
      ...{ evidence: evidence(each), card: card(each) },
    })
    isText((each) => releaseNotes(told(each)), word)
    assert.doesNotMatch(releaseTitle(told(word)), invisible)
    assert.doesNotMatch(releaseTitle(told(word)), /\n/)
  }))
