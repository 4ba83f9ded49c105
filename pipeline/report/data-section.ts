import type { DataReport, Finding } from '../data/findings.ts'
import { whole } from '../evaluation/wording.ts'
import type { Block, Inline, Text } from './blocks.ts'
import { counted } from './status.ts'

const mostFindings = 40
const mostShown = 10

/** The raw files, and what is wrong with them: errors in sight, warnings folded. */
export function dataSection({ files, findings }: DataReport): readonly Block[] {
  const errors = findings.filter(({ severity }) => severity === 'error')
  const warnings = findings.filter(({ severity }) => severity === 'warning')
  return [
    { kind: 'heading', text: 'Data' },
    {
      kind: 'table',
      caption: 'Raw files',
      columns: [
        { name: 'file' },
        { name: 'rows', numeric: true },
        { name: 'errors', numeric: true },
        { name: 'warnings', numeric: true },
      ],
      rows: files.map(({ path, rows }) => [
        { code: path },
        whole(rows),
        whole(of(errors, path)),
        whole(of(warnings, path)),
      ]),
    },
    ...list(errors),
    ...(warnings.length > 0
      ? [{ kind: 'folded', summary: counted(warnings.length, 'warning'), blocks: list(warnings) } as const]
      : []),
  ]
}

const of = (findings: readonly Finding[], path: string) => findings.filter(({ file }) => file === path).length

function list(findings: readonly Finding[]): readonly Block[] {
  if (findings.length === 0) return []
  const more = findings.length - mostFindings
  return [
    {
      kind: 'list',
      items: [...findings.slice(0, mostFindings).map(sentence), ...(more > 0 ? [`And ${whole(more)} more.`] : [])],
    },
  ]
}

/** `data/sales.csv: units_sold` what was found (12): line 7 `-1` line 9 `-3` → cure */
function sentence({ file, field, count, what, cure, shown, owner }: Finding): Text {
  const values = shown.slice(0, mostShown).flatMap(({ row, value }): Inline[] => [`line ${row}`, { code: value }])
  const found = `${what.replace(/[.:]$/, '')} (${whole(count)})${values.length > 0 ? ':' : ''}`
  return [
    { code: field === undefined ? file : `${file}: ${field}` },
    found,
    ...values,
    `→ ${cure}${owner ? ` (owner: ${owner})` : ''}`,
  ]
}
