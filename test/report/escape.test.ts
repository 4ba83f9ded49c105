import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { html, markdownCode, markdownText, mermaidText, oneLine } from '../../pipeline/report/escape.ts'
import { repetitions } from '../repetitions.ts'
import { cellsOf, hostile, withoutCode } from './cells.ts'

const anything = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.constantFrom(...hostile, ...'`|\\<>&@#[]()!*_~$:\n '), { maxLength: 12 }).map((parts) => parts.join('')),
)

test('plain words stay as they are', () => {
  const words =
    "The candidate's MAE of 21.82 units is 8.1 % less (95 % interval −10.9 % to −5.0 %): old-town, in train.split."
  assert.equal(markdownText(words), words)
  assert.equal(markdownCode('old-town'), '`old-town`')
  assert.equal(markdownCode(''), '(empty)')
  assert.equal(mermaidText('old-town'), 'old-town')
  assert.equal(html("a < b & 'c'"), 'a &#60; b &#38; &#39;c&#39;')
})

test('text neither leaves its place in Markdown nor becomes more than text', () => {
  fc.assert(
    fc.property(anything, (value) => {
      const text = markdownText(value)
      assert.doesNotMatch(text, /[\\`*_{}[\]<>|~$@^\n\r]/, 'no symbol of structure is left')
      assert.doesNotMatch(text, /#(?!\d+;)|&(?!#\d+;)/, 'numbers of references are the only # and &')
      assert.doesNotMatch(text, /^\s|^[-+=]|^\d+[.)](\s|$)/, 'it begins no list, heading or code')
      const seen = text.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
      assert.doesNotMatch(
        seen,
        /@[\w-]|#[\w-]|GH-\d|www\.|:\/\/|mailto:[^\u2060]|xmpp:[^\u2060]/i,
        'GitHub finds nothing to link or to notify in what is seen',
      )
      assert.equal(
        seen.replaceAll('\u2060', ''),
        oneLine(value, 1000).replaceAll('\u2060', ''),
        'it is read as it was written',
      )
    }),
    { numRuns: repetitions(3000), seed: 1 },
  )
})

test('a value as code stays in its span, and the span in its cell', () => {
  fc.assert(
    fc.property(anything, anything, (first, second) => {
      const row = `| ${markdownCode(first)} | ${markdownCode(second)} |`
      assert.doesNotMatch(row, /[\n\r]/)
      const cells = cellsOf(row)
      assert.equal(cells.length, 2)
      for (const cell of cells) assert.match(withoutCode(cell.replaceAll('\\|', '|')).trim(), /^(?:CODE|\(empty\))$/)
    }),
    { numRuns: repetitions(3000), seed: 1 },
  )
})

test('text for HTML has no tag, no quote and no reference but its own', () => {
  fc.assert(
    fc.property(anything, (value) => assert.doesNotMatch(html(value), /[<>"'`\n]|&(?!#\d+;)/)),
    { numRuns: repetitions(1000), seed: 1 },
  )
})

test('text for Mermaid has no quote, bracket, directive or fence', () => {
  fc.assert(
    fc.property(anything, (value) => assert.match(mermaidText(value), /^[\p{L}\p{M}\p{N} .,()_…-]{1,60}$/u)),
    { numRuns: repetitions(1000), seed: 1 },
  )
})

test('long values are cut, and letters of two units stay whole', () => {
  assert.equal([...oneLine('🍦'.repeat(300), 200)].length, 200)
  assert.ok(markdownCode('`'.repeat(500)).length < 700)
})
