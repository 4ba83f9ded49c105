import { hash } from 'node:crypto'

/** What the first line of a log carries as the hash of the one before: there is none. */
export const genesis = '0'.repeat(64)

/** What a line is about. `open` begins a segment and `seal` ends it; `refusals` counts refusals beyond those written one by one; the rest tells what befell the log itself. */
export type Kind = 'open' | 'prediction' | 'refusal' | 'refusals' | 'gap' | 'cut' | 'damaged' | 'removed' | 'seal'

/** A line of the log, as far as the chain goes. */
export type Line = {
  /** Counts all lines of a log from 1, over all segments. */
  readonly n: number
  /** The last line that was as safe as configured when this one was written: what comes after it nobody had been told yet. */
  readonly acked: number
  readonly kind: Kind
  /** The hash of the line before, in this segment or the one before. */
  readonly prev: string
  /** SHA-256, in hex, of the line's bytes before `,"hash":`. */
  readonly hash: string
  /** All of it, without its end. */
  readonly bytes: Buffer
}

/** The fields of a line; which there are depends on its kind. */
export type Fields = { readonly [field: string]: unknown }

const suffix = ',"hash":"'.length + 64 + '"}'.length

/** The end of a chain: the last line's number and hash. */
export type End = { readonly n: number; readonly hash: string }

/**
 * Makes lines, each of fields that are JSON already (`"kind":"prediction",…`), to follow what ends in `after`. Returns their bytes, and where the chain ends then. The bytes lie
 * in what `room` gives for at least so many of them.
 */
export function makeLines(
  fields: readonly string[],
  after: End,
  room: (bytes: number) => Buffer = Buffer.allocUnsafe,
): { readonly bytes: Buffer; readonly end: End } {
  // A character has three bytes in UTF-8 at most; what is around the fields has less than 256.
  const most = fields.reduce((sum, one) => sum + one.length * 3 + 256, 0)
  const bytes = room(most)
  let { n, hash: prev } = after
  let at = 0
  for (const one of fields) {
    n += 1
    const from = at
    at += bytes.write(`{"n":${n},"acked":${after.n},`, at, 'latin1')
    at += bytes.write(one, at, 'utf8')
    at += bytes.write(`,"prev":"${prev}"`, at, 'latin1')
    prev = hash('sha256', bytes.subarray(from, at))
    at += bytes.write(`,"hash":"${prev}"}\n`, at, 'latin1')
  }
  return { bytes: bytes.subarray(0, at), end: { n, hash: prev } }
}

/** Reads a line, given without its end; undefined when its bytes are not those that were written. Whether it is in its place the reader must see. */
export function readLine(bytes: Buffer): Line | undefined {
  const told = bytes.subarray(0, Math.max(0, bytes.length - suffix))
  const own = hash('sha256', told)
  if (bytes.toString('latin1', told.length) !== `,"hash":"${own}"}`) return undefined
  // The rest is read by who wants it: a long log is quickly verified that way.
  const [, n, acked, kind] = /^\{"n":(\d+),"acked":(\d+),"kind":"(\w+)"/.exec(bytes.toString('latin1', 0, 80)) ?? []
  const [, prev] = /,"prev":"([0-9a-f]{64})"$/.exec(told.toString('latin1', told.length - 75)) ?? []
  if (kind === undefined || prev === undefined) return undefined
  return { n: Number(n), acked: Number(acked), kind: kind as Kind, prev, hash: own, bytes }
}

/** The fields of a line; none where somebody wrote a line that is no JSON and has the right hash. */
export function fieldsOf(line: Line): Fields {
  try {
    return JSON.parse(line.bytes.toString('utf8')) as Fields
  } catch {
    return {}
  }
}
