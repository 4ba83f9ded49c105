import { type Block, type Document, pieces, type Table, type Text } from './blocks.ts'
import { html } from './escape.ts'
import { sheet } from './sheet.ts'

/** Renders a document as one HTML page: no script, no other host, light and dark as the reader's system is. */
export function renderHtml({ title, status, blocks }: Document): string {
  return `${headOf(title, "default-src 'none'; style-src 'unsafe-inline'", sheet)}
<body>
<main>
<header>
<p class="title">${html(title)}</p>
${status ? `<h1 class="${status.tone}">${icons[status.tone]}<span>${phrase(status.words)}</span></h1>` : ''}
</header>
${blocks.map(renderBlock).join('\n')}
</main>
</body>
</html>
`
}

/** All of a page before its body: it asks no other host, and does what `policy` lets it do (CSP Level 3). */
export const headOf = (title: string, policy: string, styles: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${html(title)}</title>
<style>${styles}</style>
</head>`

function renderBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h2>${html(block.text)}</h2>`
    case 'paragraph':
      return `<p>${inline(block.text)}</p>`
    case 'list':
      return `<ul>\n${block.items.map((item) => `<li>${inline(item)}</li>`).join('\n')}\n</ul>`
    case 'table':
      return table(block)
    case 'chart':
      // The chart's own title and description are what a screen reader reads.
      return block.svg ? `<figure tabindex="0">\n${block.svg}\n</figure>` : ''
    case 'page':
      return block.blocks.map(renderBlock).join('\n')
    case 'folded':
      return `<details>\n<summary>${html(block.summary)}</summary>\n${block.blocks.map(renderBlock).join('\n')}\n</details>`
  }
}

/** A table that is wider than the page scrolls by itself; the keyboard reaches it. */
function table({ caption, columns, rows }: Table): string {
  const kind = (index: number) => (columns[index]?.numeric ? ' class="number"' : '')
  const head = columns.map(({ name }, index) => `<th scope="col"${kind(index)}>${html(name)}</th>`).join('')
  const cell = (text: Text, index: number) =>
    index === 0 ? `<th scope="row"${kind(index)}>${inline(text)}</th>` : `<td${kind(index)}>${inline(text)}</td>`
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')
  return `<div class="wide" role="region" aria-label="${html(caption)}" tabindex="0">
<table>
<caption>${html(caption)}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}
</tbody>
</table>
</div>`
}

function inline(text: Text): string {
  return pieces(text)
    .map((piece) => (typeof piece === 'string' ? phrase(piece) : `<code>${html(piece.code) || '(empty)'}</code>`))
    .join(' ')
}

/** A number and its percent sign stay on one line. */
const phrase = (value: string) => html(value).replace(/(?<=\d) (?=%)/g, '&nbsp;')

// Drawn, because not every system has the symbols' glyphs.
const icon = (path: string) =>
  `<svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="${path}"/></svg>`
const circle = 'M8 1a7 7 0 1 0 0 14A7 7 0 1 0 8 1Z'
const icons = {
  good: icon(`${circle}M4.8 8.3l2.2 2.2 4.3-4.8`),
  bad: icon(`${circle}M5.5 5.5l5 5M10.5 5.5l-5 5`),
  unsure: icon('M8 1.5l7 12.5H1ZM8 6v4M8 12v.1'),
}
