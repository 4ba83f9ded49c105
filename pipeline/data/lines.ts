import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** A file as bytes and lines; lines are numbered from 1. */
export type Lines = {
  readonly sha256: string
  readonly bytes: number
  /** Lines with nothing on them, but those at the end of the file: only there they do no harm. */
  readonly blank: readonly number[]
  /** The first line whose quotes are not closed on it. */
  readonly open: number | null
  /** The first line that is longer than any row: the file is no table. */
  readonly long: number | null
}

/** A line of more bytes is no row. DuckDB gives up at 2 MB. */
export const longestLine = 65_536

const [lineFeed, carriageReturn, quote] = [0x0a, 0x0d, 0x22]

/** Reads a file once, in pieces: its SHA-256, and which of its lines are no rows, so that a finding can name the line of a row. */
export async function scanLines(file: string): Promise<Lines> {
  const hash = createHash('sha256')
  const blank: number[] = []
  let bytes = 0
  let line = 1
  let empty = true
  let inQuotes = false
  let open: number | null = null
  let long: number | null = null
  let start = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    const piece = chunk as Buffer
    hash.update(piece)
    for (let index = 0; index < piece.length; index++) {
      const byte = piece[index]
      if (byte === lineFeed) {
        if (inQuotes) open ??= line
        else if (empty) blank.push(line)
        if (bytes + index - start > longestLine) long ??= line
        start = bytes + index + 1
        line++
        empty = true
      } else if (byte !== carriageReturn) {
        empty = false
        if (byte === quote) inQuotes = !inQuotes
      }
    }
    bytes += piece.length
  }
  if (bytes - start > longestLine) long ??= line
  if (inQuotes) open ??= line
  // What is blank up to the end is no row that somebody lost.
  let last = empty ? line - 1 : line
  while (blank.at(-1) === last && last > 0) {
    blank.pop()
    last--
  }
  return { sha256: hash.digest('hex'), bytes, blank, open, long }
}
