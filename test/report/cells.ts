/** Splits a row of a table as GitHub does (cmark-gfm, ext_scanners.re): a backslash takes the next punctuation with it, also within code. */
export function cellsOf(row: string): string[] {
  const cells: string[] = []
  let cell = ''
  for (let i = 0; i < row.length; i++) {
    const pair = row.slice(i, i + 2)
    if (/^\\[!-/:-@[-`{-~]$/.test(pair)) {
      cell += pair
      i++
    } else if (row[i] === '|') {
      cells.push(cell)
      cell = ''
    } else cell += row[i]
  }
  return cells.slice(1)
}

/** What is left of Markdown without its code spans: a span ends at a run of as many backticks as began it. */
export const withoutCode = (text: string): string => text.replace(/(?<!`)(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, 'CODE')

/** What strangers try, alone and in the middle of harmless words. */
export const hostile: readonly string[] = [
  '@team',
  'x@team',
  '@org/team please',
  'a@b.example',
  '#12',
  'org/repo#12',
  'GH-12',
  'gh-3',
  'https://evil.example',
  'www.evil.example',
  'mailto:a@b.example',
  'xmpp:a@b.example',
  'javascript:alert(1)',
  '[a](https://evil.example)',
  '![a](https://evil.example/p.png)',
  '[a]: https://evil.example',
  '<https://evil.example>',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</td></tr></table>',
  '</details>',
  '<!-- ',
  '-->',
  '<style>*{display:none}</style>',
  '|',
  '\\|',
  '\\\\|',
  'a|b|c',
  '\n',
  'a\nb',
  '\r\n\r\n# heading',
  '\n| a | b |\n|---|---|',
  '```',
  '````\n',
  '`',
  '``',
  '`|`',
  '\\',
  '\\`',
  '~~~',
  '---',
  '===',
  '- x',
  '+ x',
  '* x',
  '1. x',
  '1) x',
  '> x',
  '# x',
  '    code',
  '\tcode',
  '*a*',
  '__a__',
  '~~a~~',
  '$a$ $b$',
  ':tada:',
  '[^1]',
  '[ ] x',
  '&lt;',
  '&#64;team',
  '&commat;team',
  '"',
  "'",
  '" onload="x',
  '%%{init: {}}%%',
  '"]\n  bar [1]',
  '```\n</details>',
  '\u202Eabc',
  '\u0000',
  '\uD800',
  '\u2028x',
  '',
  '=1+1',
  'end',
  'a;b',
  '🍦',
  'ü',
  'constructor',
  '__proto__',
]
