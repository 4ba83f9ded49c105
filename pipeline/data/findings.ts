import type { DuckDBConnection } from '@duckdb/node-api'
import type { RawFile } from './contract.ts'
import { query } from './duckdb.ts'

/** All rows of one file that break one rule in one field. */
export type Finding = {
  readonly file: string
  readonly rule: string
  readonly severity: 'error' | 'warning'
  readonly field?: string
  /** How many rows (or gaps, or periods) there are; `shown` holds the first of them. */
  readonly count: number
  /** `row` is the line in the file: 1 is the header. */
  readonly shown: readonly { readonly row: number; readonly value: string }[]
  readonly what: string
  readonly cure: string
  /** Who answers for it, where the contract says. */
  readonly owner?: string
}

/** What `validate-data` found. It passes when no finding is an error. */
export type DataReport = {
  readonly pass: boolean
  readonly files: readonly { readonly path: string; readonly rows: number; readonly sha256?: string }[]
  readonly findings: readonly Finding[]
}

/** A finding yet to be made: SQL that selects its rows. */
export type Search = Omit<Finding, 'count' | 'shown'> & {
  /** SQL: a SELECT of `row` (line in the file) and `value` (text). */
  readonly select: string
}

const longestValue = 80

/** So many characters of a value are read for `printable`, which tells by the last that there were more: a hundred values of megabytes do not fit into memory. */
export const mostRead = longestValue + 1

/** Runs the searches in their order and returns what they found, each capped at `maxShown` rows, in the file's order. */
export async function find(
  connection: DuckDBConnection,
  searches: readonly Search[],
  maxShown: number,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const { select, ...rest } of searches) {
    const rows = await query(
      connection,
      `SELECT row, value, count(*) OVER () AS count FROM (SELECT row, left(CAST(value AS VARCHAR), ${mostRead}) AS value FROM (${select})) ORDER BY row, value LIMIT ${maxShown}`,
    )
    if (rows.length === 0) continue
    const shown = rows.map(({ row, value }) => ({ row: Number(row), value: printable(String(value ?? '')) }))
    findings.push({ ...rest, count: Number(rows[0]?.['count']), shown })
  }
  return findings
}

/** A value from a file, short and on one line: it may hold anything. */
export function printable(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const plain = value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\uFFFD')
  return plain.length > longestValue ? `${plain.slice(0, longestValue - 1)}…` : plain
}

/** An error about a file's shape, found without SQL; `shown` are all its rows. */
export function error(
  file: RawFile,
  rule: string,
  what: string,
  cure: string,
  shown: Finding['shown'],
  maxShown: number,
): Finding {
  return {
    file: file.path,
    rule,
    severity: 'error',
    count: Math.max(1, shown.length),
    shown: shown.slice(0, maxShown),
    what,
    cure,
  }
}
