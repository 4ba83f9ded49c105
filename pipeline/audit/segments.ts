import { createReadStream } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Line, readLine } from './line.ts'

/** A segment of a log: a file of lines, `00000001.jsonl` and on. */
export type Segment = { readonly number: number; readonly name: string; readonly file: string }

export const segmentName = (number: number): string => `${String(number).padStart(8, '0')}.jsonl`

/** The segments in a folder, oldest first; none where the folder is missing. */
export async function segmentsOf(folder: string): Promise<readonly Segment[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names
    .filter((name) => /^\d{8,}\.jsonl$/.test(name))
    .map((name) => ({ number: Number.parseInt(name, 10), name, file: join(folder, name) }))
    .sort((one, other) => one.number - other.number)
}

/** The bytes between two line ends, where they begin in the file, and whether their end is there, too. */
export type RawLine = { readonly bytes: Buffer; readonly offset: number; readonly ended: boolean }

/**
 * Reads a segment line by line, many at a time, to where the file ends. A last line without its end may be one that a server is writing just now:
 * it is given `patienceMs` to get its rest, and what comes after it is not waited for.
 */
export async function* linesOf(file: string, patienceMs = 0): AsyncGenerator<readonly RawLine[]> {
  let rest: Buffer = Buffer.alloc(0)
  let offset = 0
  let torn: number | undefined
  for (const until = Date.now() + patienceMs; ; await sleep(20)) {
    for await (const chunk of createReadStream(file, { start: offset + rest.length, highWaterMark: 1024 * 1024 })) {
      rest = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer)
      const lines: RawLine[] = []
      let from = 0
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a, from)) {
        lines.push({ bytes: rest.subarray(from, end), offset: offset + from, ended: true })
        from = end + 1
      }
      rest = rest.subarray(from)
      offset += from
      yield lines
    }
    if (rest.length === 0 || (torn !== undefined && offset > torn)) return
    if (Date.now() >= until) return yield [{ bytes: rest, offset, ended: false }]
    torn = offset
  }
}

/** The line that begins a segment; undefined where it is missing or damaged. */
export async function headOf(file: string): Promise<Line | undefined> {
  await using handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(8192), 0, 8192, 0)
  const end = buffer.subarray(0, bytesRead).indexOf(0x0a)
  return end < 0 ? undefined : readLine(buffer.subarray(0, end))
}
