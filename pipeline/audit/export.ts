import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { literal } from '../data/duckdb.ts'
import { InputError } from '../errors.ts'
import { type Filter, openAuditView, whereOf } from './view.ts'

/** Writes the records that a filter lets through to a Parquet file, log after log as they were written, whole or not at all; `input` is JSON. Returns how many, and how large the file is, in bytes. */
export async function exportAudit(
  folder: string,
  output: string,
  filter: Filter,
): Promise<{ readonly output: string; readonly records: number; readonly bytes: number }> {
  const file = resolve(output)
  if (!file.endsWith('.parquet')) throw new InputError(`--output must end in .parquet, got ${output}`)
  const beside = `${file}.${randomBytes(6).toString('hex')}.beside`
  await mkdir(dirname(file), { recursive: true })
  try {
    using database = await openAuditView(folder, filter, beside)
    const { connection } = database
    const chosen = `SELECT * FROM audit WHERE ${whereOf(filter)}`
    const done = await connection.runAndReadAll(
      `COPY (${chosen}) TO ${literal(beside)} (FORMAT parquet, COMPRESSION zstd)`,
    )
    const [row] = done.getRowsJS()
    const { size } = await stat(beside)
    await rename(beside, file)
    return { output: file, records: Number(row?.[0]), bytes: size }
  } finally {
    await rm(beside, { force: true })
  }
}
