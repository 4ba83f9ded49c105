import { type Block, type Document, pieces, type Series, symbols, type Table, type Text } from './blocks.ts'
import { markdownCode, markdownText, mermaidText } from './escape.ts'

/** How much room there is for Markdown, and where the rest is. */
export type Room = {
  /** GitHub takes 65,536 characters in a comment. */
  readonly most: number
  /** Markdown of our own, such as a link: where the whole report is. */
  readonly whole: string
}

const room: Room = { most: 60_000, whole: 'the HTML report' }

/** Renders a document as GitHub's Markdown; the first line says how it ended. What is too long is left out, block by block, and named at the end. */
export function renderMarkdown({ title, status, blocks }: Document, { most, whole }: Room = room): string {
  const parts = status
    ? [`## ${symbols[status.tone]} ${markdownText(status.words)}`, `*${markdownText(title) || 'Report'}*`]
    : [`# ${markdownText(title) || 'Report'}`]
  // Room for the sentence that names what was left out.
  let left = most - parts.join('\n\n').length - longestNames - whole.length - 200
  const tooLong: string[] = []
  let section = ''
  for (const block of blocks) {
    const part = renderBlock(block)
    if (part === '') continue
    if (block.kind === 'heading') section = block.text
    const fits = part.length + 2 <= left
    if (fits) left -= part.length + 2
    if (fits) parts.push(part)
    else tooLong.push(nameOf(block) ?? section)
  }
  if (tooLong.length > 0) parts.push(`${named(tooLong)}; ${whole} has all.`)
  return `${parts.join('\n\n')}\n`
}

/** Blocks alone, without a title and however long they are. */
export const renderBlocks = (blocks: readonly Block[]): string =>
  blocks
    .map(renderBlock)
    .filter((part) => part !== '')
    .join('\n\n')

const longestNames = 2000

/** `2 parts are too long to be shown here (All slices (500), Next)` */
function named(parts: readonly string[]): string {
  const said = parts.length === 1 ? '1 part is' : `${parts.length} parts are`
  const names = [...new Set(parts)].map(markdownText).join(', ')
  return `${said} too long to be shown here${names.length <= longestNames ? ` (${names})` : ''}`
}

function nameOf(block: Block): string | undefined {
  if (block.kind === 'folded') return block.summary
  return block.kind === 'table' || block.kind === 'chart' ? block.caption : undefined
}

function renderBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `### ${markdownText(block.text)}`
    case 'paragraph':
      return inline(block.text)
    case 'list':
      return block.items.map((item) => `- ${inline(item)}`).join('\n')
    case 'table':
      return table(block)
    case 'chart':
      return block.mermaid ? chart(block.caption, block.mermaid) : ''
    case 'page':
      return ''
    case 'folded':
      return `<details><summary>${markdownText(block.summary)}</summary>\n\n${renderBlocks(block.blocks)}\n\n</details>`
  }
}

function table({ caption, columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    `**${markdownText(caption)}**`,
    '',
    line(columns.map(({ name }) => markdownText(name))),
    line(columns.map(({ numeric }) => (numeric ? '---:' : ':---'))),
    ...rows.map((row) => line(row.map(inline))),
  ].join('\n')
}

/** Mermaid's chart of bars and a line: https://mermaid.js.org/syntax/xyChart.html */
function chart(caption: string, { categories, yLabel, bars, line }: Series): string {
  const numbers = (values: readonly number[]) => `[${values.map((value) => decimal(value, 4)).join(', ')}]`
  const top = Math.max(0, ...(bars ?? []), ...(line ?? [])) * 1.1 || 1
  return [
    `**${markdownText(caption)}**`,
    '',
    '```mermaid',
    'xychart-beta',
    `  x-axis [${categories.map((category) => `"${mermaidText(category)}"`).join(', ')}]`,
    `  y-axis "${mermaidText(yLabel)}" 0 --> ${decimal(top, 2)}`,
    ...(bars ? [`  bar ${numbers(bars)}`] : []),
    ...(line ? [`  line ${numbers(line)}`] : []),
    '```',
  ].join('\n')
}

/** Mermaid reads no exponents. */
const decimal = (value: number, digits: number) =>
  Number(value.toPrecision(digits)).toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 15 })

function inline(text: Text): string {
  const plain = pieces(text)
  // A piece ends where the next begins: the spaces between them are outside what is escaped, which has none at its ends.
  return plain.map((piece) => (typeof piece === 'string' ? markdownText(piece) : markdownCode(piece.code))).join(' ')
}
