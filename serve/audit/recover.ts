import { copyFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fieldsOf, genesis, type Line, readLine } from '../../pipeline/audit/line.ts'
import { linesOf, type Segment, segmentsOf } from '../../pipeline/audit/segments.ts'
import type { Disk } from './disk.ts'

/** Where a log goes on. */
export type Place = {
  /** The last line's number and hash. */
  readonly n: number
  readonly hash: string
  /** The last segment's number; 0 where there is none. */
  readonly segment: number
  /** The segment to go on in, with its size in bytes, its lines, and when it began; a new one where this is missing. */
  readonly open?: { readonly file: string; readonly size: number; readonly lines: number; readonly since: number }
  /** Lines to begin with, as fields: what was found and done. */
  readonly notes: readonly string[]
}

type Tail = {
  /** The segment's lines from its first, as far as they follow from one another. */
  readonly lines: number
  readonly first?: Line
  readonly last?: Line
  readonly bytes: number
  /** What comes after: its bytes, how many lines of it are whole, the last such line, and the furthest line that they call acknowledged. */
  readonly rest: { readonly bytes: number; readonly whole: number; readonly last?: Line; readonly acked: number }
}

/**
 * Finds where the log in `folder` ends. What a crash left behind the last whole line was never acknowledged and is cut off, and the log says so. A line that is
 * damaged although it had been acknowledged is left as it is, for `audit verify` to show: a new segment goes on after it.
 */
export async function recover(folder: string, disk: Disk, power: boolean): Promise<Place> {
  const segments = await segmentsOf(folder)
  const notes: string[] = []
  for (const [index, segment] of [...segments.entries()].reverse()) {
    const tail = await tailOf(segment)
    const before = segments[index - 1]
    // A segment without its first line begins after the last line of the one before.
    const unbroken = tail.last?.n ?? (before && (await tailOf(before)).last?.n) ?? 0
    if (tail.rest.last && tail.rest.acked > unbroken) {
      notes.push(`"kind":"damaged",${now()},"segment":${segment.number},"after":${unbroken}`)
      return { n: tail.rest.last.n, hash: tail.rest.last.hash, segment: segment.number, notes }
    }
    if (tail.rest.bytes > 0) notes.push(await cut(segment, tail, disk, power))
    if (!tail.first || !tail.last) {
      // Nothing was acknowledged from a segment that has no beginning.
      await disk.remove(segment.file)
      continue
    }
    const { n, hash, kind } = tail.last
    const place = { n, hash, segment: segment.number, notes }
    if (kind === 'seal') return place
    const since = Date.parse(String(fieldsOf(tail.first)['at']))
    return { ...place, open: { file: segment.file, size: tail.bytes, lines: tail.lines, since } }
  }
  return { n: 0, hash: genesis, segment: 0, notes }
}

async function tailOf(segment: Segment): Promise<Tail> {
  let [lines, bytes, restBytes, whole, acked] = [0, 0, 0, 0, 0]
  let first: Line | undefined
  let last: Line | undefined
  let later: Line | undefined
  let broken = false
  for await (const some of linesOf(segment.file)) {
    for (const { bytes: raw, ended } of some) {
      const line = ended ? readLine(raw) : undefined
      broken ||= !line || (last ? line.prev !== last.hash || line.n !== last.n + 1 : line.kind !== 'open')
      if (!broken && line) {
        first ??= line
        last = line
        lines += 1
        bytes += raw.length + 1
        continue
      }
      restBytes += raw.length + (ended ? 1 : 0)
      if (!line) continue
      whole += 1
      later = line
      acked = Math.max(acked, line.acked)
    }
  }
  const rest = { bytes: restBytes, whole, acked, ...(later ? { last: later } : {}) }
  return { lines, bytes, rest, ...(first && last ? { first, last } : {}) }
}

/** Cuts off what follows the last whole line. Lines in it that are whole themselves are kept beside: a power cut can leave such, and so can somebody who changed a line. */
async function cut(segment: Segment, { bytes, rest }: Tail, disk: Disk, power: boolean): Promise<string> {
  const note = `"kind":"cut",${now()},"segment":${segment.number},"bytes":${rest.bytes},"whole":${rest.whole}`
  let kept = ''
  if (rest.whole > 0) {
    kept = `${segment.name}.cut-${Date.now()}`
    await copyFile(segment.file, join(dirname(segment.file), kept))
  }
  const descriptor = await disk.open(segment.file, 'r+')
  try {
    await disk.truncate(descriptor, bytes)
    if (power) await disk.sync(descriptor)
  } finally {
    await disk.close(descriptor)
  }
  return kept ? `${note},"kept":${JSON.stringify(kept)}` : note
}

const now = () => `"at":"${new Date().toISOString()}"`
