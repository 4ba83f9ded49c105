import { type Block, type Document, pieces, type Series, symbols, type Table, type Text } from './blocks.ts'
import { markdownCode, markdownText, mermaidText } from './escape.ts'

/** GitHub takes 65,536 characters in a comment. */
const mostCharacters = 60_000

/** Renders a document as GitHub's Markdown; the first line says how it ended. What is too long for a comment is left out, block by block, and said. */
export function renderMarkdown({ title, status, blocks }: Document): string {
  const parts = status
    ? [`## ${symbols[status.tone]} ${markdownText(status.words)}`, `*${markdownText(title) || 'Report'}*`]
    : [`# ${markdownText(title) || 'Report'}`]
  let length = parts.join('\n\n').length
  let left = 0
  for (const block of blocks) {
    const part = renderBlock(block)
    if (part === '') continue
    if (length + part.length + 2 > mostCharacters) {
      left++
      continue
    }
    parts.push(part)
    length += part.length + 2
  }
  if (left > 0) parts.push(`${left} more parts are too long for a comment; the HTML report has them.`)
  return `${parts.join('\n\n')}\n`
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
    case 'folded': {
      const inner = block.blocks.map(renderBlock).filter((part) => part !== '')
      return [`<details><summary>${markdownText(block.summary)}</summary>`, ...inner, '</details>'].join('\n\n')
    }
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
  const numbers = (values: readonly number[]) => `[${values.map((value) => Number(value.toPrecision(4))).join(', ')}]`
  const top = Math.max(0, ...(bars ?? []), ...(line ?? [])) * 1.1 || 1
  return [
    `**${markdownText(caption)}**`,
    '',
    '```mermaid',
    'xychart-beta',
    `  x-axis [${categories.map((category) => `"${mermaidText(category)}"`).join(', ')}]`,
    `  y-axis "${mermaidText(yLabel)}" 0 --> ${Number(top.toPrecision(2))}`,
    ...(bars ? [`  bar ${numbers(bars)}`] : []),
    ...(line ? [`  line ${numbers(line)}`] : []),
    '```',
  ].join('\n')
}

function inline(text: Text): string {
  const plain = pieces(text)
  // A piece ends where the next begins: the spaces between them are outside what is escaped, which has none at its ends.
  return plain.map((piece) => (typeof piece === 'string' ? markdownText(piece) : markdownCode(piece.code))).join(' ')
}
