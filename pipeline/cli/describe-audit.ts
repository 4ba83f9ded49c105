import type { Verified, VerifiedLogs } from '../audit/verify.ts'
import type { Rows } from '../data/duckdb.ts'
import { oneLine } from '../report/escape.ts'
import { inColumns } from './columns.ts'
import type { Terminal } from './terminal.ts'

type Paint = Terminal['paint']

const widest = 60

export function describeVerified({ ok, logs, anchored }: VerifiedLogs, paint: Paint): string {
  const told = logs.map((log) => describeLog(log, paint))
  const verdict = ok ? paint('green', 'every record is as it was written') : paint('red', 'not as it was written')
  return [
    ...told,
    ...(anchored
      ? []
      : [paint('red', 'The hash that was to be in a log is in none: what it stood for was rewritten or taken away.')]),
    `audit verify: ${verdict}`,
  ].join('\n')
}

function describeLog(log: Verified, paint: Paint): string {
  const { folder, segments, predictions, refusals, from, until, head, notes, findings } = log
  return [
    `${folder}`,
    `  ${predictions} predictions and ${refusals} refusals in ${segments} segments, ${from} to ${until}`,
    ...(head ? [`  last record ${head.n}, hash ${head.hash}`] : []),
    ...notes.map((note) => `  ${paint('yellow', 'note')} ${oneLine(note, 400)}`),
    ...findings.map(({ segment, line, record, offset, what }) => {
      const place = `${segment}, line ${line}${record === null ? '' : `, record ${record}`}, byte ${offset}`
      return `  ${paint('red', 'wrong')} ${place}: ${oneLine(what, 400)}`
    }),
  ].join('\n')
}

/** Rows as a table; columns that are empty throughout are left out. */
export function describeRecords(rows: Rows): string {
  if (rows.length === 0) return 'no record'
  const names = Object.keys(rows[0] ?? {}).filter((name) => rows.some((row) => row[name] !== null))
  const table = [names, ...rows.map((row) => names.map((name) => cell(row[name])))]
  return inColumns(table).join('\n')
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString()
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value), widest)
}

export function describeExported({
  output,
  records,
  bytes,
}: {
  output: string
  records: number
  bytes: number
}): string {
  return `${records} records, ${(bytes / 1e6).toFixed(1)} MB: ${output}`
}
