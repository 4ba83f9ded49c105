import type { Account } from './account.ts'
import { type Chain, createChain, type Finding } from './chain.ts'
import { logsOf } from './logs.ts'
import { linesOf, type Segment, segmentsOf } from './segments.ts'

/** What was found in one log: one chain of segments in one folder. */
export type Verified = Account & {
  readonly folder: string
  readonly segments: number
  readonly bytes: number
  /** Whether the chain goes through the hash that was asked for; true where none was. */
  readonly anchored: boolean
  readonly findings: readonly Finding[]
}

export type VerifyOptions = {
  /** A hash that the chain must go through. */
  readonly anchor?: string | undefined
  /** How long a last line that has no end yet is given to get it: a server may be writing it. */
  readonly patienceMs?: number
}

/**
 * Checks every byte of a log: each line is what its hash says, follows from the one before, and none is missing between the oldest segment that is kept and the last line.
 * What somebody took away from the end, or wrote anew from some line to the end, only an anchor shows: a hash that was noted elsewhere.
 */
export async function verifyLog(folder: string, options: VerifyOptions = {}): Promise<Verified> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await verifyOnce(folder, options)
    } catch (error) {
      // A server may remove its oldest segments meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === 5) throw error
    }
  }
}

async function verifyOnce(folder: string, options: VerifyOptions): Promise<Verified> {
  const segments = await segmentsOf(folder)
  const chain = createChain(options.anchor)
  const { patienceMs = 500 } = options
  let bytes = 0
  for (const [index, segment] of segments.entries())
    bytes += await readSegment(chain, segment, index === segments.length - 1, patienceMs)
  return { folder, segments: segments.length, bytes, ...chain.end() }
}

async function readSegment(chain: Chain, segment: Segment, isLast: boolean, patienceMs: number): Promise<number> {
  let bytes = 0
  chain.segment(segment)
  for await (const lines of linesOf(segment.file, isLast ? patienceMs : 0)) {
    for (const line of lines) {
      chain.line(line)
      bytes = line.offset + line.bytes.length + (line.ended ? 1 : 0)
    }
  }
  chain.segmentEnd(isLast)
  return bytes
}

export type VerifiedLogs = {
  readonly ok: boolean
  /** Whether one of the logs goes through the hash that was asked for; true where none was. */
  readonly anchored: boolean
  readonly logs: readonly Verified[]
}

/** Checks all logs in a folder: a server's own, or a folder of them. Throws InputError where there is none. */
export async function verifyLogs(folder: string, anchor?: string): Promise<VerifiedLogs> {
  const logs: Verified[] = []
  for (const log of await logsOf(folder)) logs.push(await verifyLog(log, { anchor }))
  const anchored = logs.some((log) => log.anchored)
  return { ok: anchored && logs.every(({ findings }) => findings.length === 0), anchored, logs }
}
