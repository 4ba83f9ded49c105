import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { literal } from '../data/duckdb.ts'
import { InputError } from '../errors.ts'
import type { TaskRecord } from '../task/record.ts'
import { loadBundle } from '../tracking/bundle.ts'
import { formatOf, openTable } from './table.ts'

export type PredictTableInputs = {
  /** The folder of the bundle. */
  readonly bundle: string
  /** Records, a row each: CSV with a header, or Parquet. */
  readonly input: string
  /** The same rows with the columns `prediction` and `model`: CSV or Parquet. */
  readonly output: string
  readonly progress: (line: string) => void
}

export type PredictedTable = {
  readonly output: string
  readonly records: number
  readonly bytes: number
  readonly digest: string
}

/**
 * Predicts a file of records and writes its rows, as they were and in their order, with a column `prediction` in units of the target and a column `model`, the digest: whole or not at
 * all. Records stream through in some thousand at a time; only the predictions are kept, 8 bytes each. Throws InputError for a row that is no record, and for a bundle
 * that is not what its manifest says.
 */
export async function predictTable({
  bundle: dir,
  input,
  output,
  progress,
}: PredictTableInputs): Promise<PredictedTable> {
  const file = resolve(output)
  const format = formatOf(file, '--output')
  if (file === resolve(input)) throw new InputError('--output must be another file than --input')
  const bundle = await loadBundle(dir)
  const beside = `${file}.${randomBytes(6).toString('hex')}.beside`
  await mkdir(dirname(file), { recursive: true })
  try {
    const table = await openTable(input, beside, bundle.recordSchema)
    using database = table.database
    const { connection } = database
    const predicted: Float64Array[] = []
    let done = 0
    for await (const records of table.records()) {
      const predictions = Float64Array.from(bundle.predict(records as readonly TaskRecord[]))
      const odd = predictions.findIndex((prediction) => !Number.isFinite(prediction))
      if (odd >= 0)
        throw new InputError(
          `${input}: row ${done + odd + 1} is so far from all training data that no number is predicted`,
        )
      predicted.push(predictions)
      done += predictions.length
      progress(`predicted ${done.toLocaleString('en-US')} of ${table.rows.toLocaleString('en-US')} records`)
    }
    // Afterwards: a connection that streams can do nothing else.
    await connection.run('CREATE TABLE predictions (prediction DOUBLE)')
    const appender = await connection.createAppender('predictions')
    for (const part of predicted)
      for (const prediction of part) {
        appender.appendDouble(prediction)
        appender.endRow()
      }
    appender.closeSync()
    const rows = `SELECT given.*, prediction, ${literal(bundle.digest)} AS model FROM ${table.from} AS given POSITIONAL JOIN predictions`
    const as = format === 'csv' ? '(FORMAT csv, HEADER)' : '(FORMAT parquet, COMPRESSION zstd)'
    await connection.run(`COPY (${rows}) TO ${literal(beside)} ${as}`)
    const { size } = await stat(beside)
    await rename(beside, file)
    return { output: file, records: done, bytes: size, digest: bundle.digest }
  } finally {
    await rm(beside, { force: true })
    bundle.dispose()
  }
}
