/*
 * Whatever a pull request can influence (values in data, slices, titles, branch names) passes through here on its way into a report. It must not
 * leave its cell, line or code block, become HTML, a link or an image, or notify anybody (@team, #12).
 */

const longestText = 1000
const longestCode = 200
const wordJoiner = '\u2060'

/** Text in which control characters and those that turn its direction around are shown as �; it keeps its lines and tabs. */
export const visible = (value: string): string =>
  value.toWellFormed().replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    '\ufffd',
  )

/** One line of visible text; at most `longest` characters. */
export function oneLine(value: string, longest: number): string {
  const plain = visible(value.replace(/\s+/gu, ' ')).trim()
  const characters = [...plain]
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : plain
}

/**
 * Text in GitHub's Markdown. Punctuation with a meaning becomes a numeric character reference, which "cannot be used in place of symbols
 * indicating structure" (CommonMark 0.31, 2.5). GitHub finds mentions, issues and addresses in the finished text: a word joiner breaks those.
 */
export function markdownText(value: string): string {
  return (
    oneLine(value, longestText)
      .replace(/[@#](?=[\w-])|GH-(?=\d)|www(?=\.)|:(?=\/\/)|(?:mailto|xmpp):/gi, `$&${wordJoiner}`)
      .replace(/[\\`*_{}[\]<>|~&$#@^]|:(?=[\w+-]+:)|:(?=\u2060)/g, reference)
      // At the start of a line these would begin a list or underline a heading.
      .replace(/^(?:[-+=]|\d+(?=[.)](?:\s|$)))/, (start) => start.slice(0, -1) + reference(start.at(-1) ?? ''))
  )
}

/**
 * A value as a code span, in which GitHub looks for nothing: a fence longer than any inside. A cell of a table ends at a bar also within code,
 * unless an odd number of backslashes stands before it, one of which is taken away (GFM 0.29, 4.10).
 */
export function markdownCode(value: string): string {
  const plain = oneLine(value, longestCode).replace(
    /(\\*)\|/g,
    (_, before: string) => `${before}${before.length % 2 ? '\\' : ''}\\|`,
  )
  if (plain === '') return '(empty)'
  const fence = '`'.repeat(Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length)) + 1)
  const space = plain.startsWith('`') || plain.endsWith('`') || plain.endsWith('\\') ? ' ' : ''
  return `${fence}${space}${plain}${space}${fence}`
}

/** Text for HTML: between tags, and in a quoted attribute. */
export function html(value: string): string {
  return oneLine(value, longestText).replace(/[&<>"'`]/g, reference)
}

/** Text within the double quotes of a Mermaid chart: letters, digits and little else, so that no directive, quote or fence comes through. */
export function mermaidText(value: string): string {
  const plain = oneLine(value, 60).replace(/[^\p{L}\p{M}\p{N} .,()_-]/gu, ' ')
  return oneLine(plain, 60) || 'other'
}

const reference = (character: string) => `&#${character.codePointAt(0)};`
