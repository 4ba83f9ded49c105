import { type Account, createAccount } from './account.ts'
import { type Fields, fieldsOf, genesis, type Line, readLine } from './line.ts'
import { type RawLine, type Segment, segmentName } from './segments.ts'

/** What is not as it was written, and where: segment, line of it (from 1), the record's number where it can be told, and the byte where the line begins. */
export type Finding = {
  readonly segment: string
  readonly line: number
  readonly record: number | null
  readonly offset: number
  readonly what: string
}

export type Chain = {
  segment(next: Segment): void
  line(raw: RawLine): void
  segmentEnd(isLast: boolean): void
  end(): Account & { readonly anchored: boolean; readonly findings: readonly Finding[] }
}

// What is told of a log in which nothing is right.
const maxFindings = 1000
const noEnd = 'its end is missing: no line seals it'

/** Makes the check of a log's lines in their order. After a finding it goes on with what the next whole line says of itself, so that one change is one finding. */
export function createChain(anchor?: string): Chain {
  const account = createAccount()
  const findings: Finding[] = []
  /** What lines say that explains what would be a finding otherwise: hashes that retention removed up to, and segments known to be damaged. */
  const removed = new Set<unknown>([genesis])
  const damaged = new Set<unknown>()
  let anchored = anchor === undefined || anchor === genesis
  let segment: Segment | undefined
  let lineOf = 0
  let oldest: Line | undefined
  /** The last whole line, and whether the next must follow from it: after a finding nobody knows. */
  let last: Line | undefined
  let sure = true
  let sealed = false
  let cleanSince = 0

  function found(what: string, offset: number, record: number | null, where = segment?.name ?? ''): void {
    sure = false
    if (findings.length < maxFindings) findings.push({ segment: where, line: lineOf, record, offset, what })
  }

  /** Why a whole line is not in its place; undefined where it is. */
  function misplaced(line: Line, fields: Fields): string | undefined {
    if (lineOf === 1 && line.kind !== 'open') return 'the segment does not begin with its first line'
    if (lineOf > 1 && line.kind === 'open') return 'a segment begins in the middle of another'
    if (line.kind === 'open' && fields['segment'] !== segment?.number)
      return `this is segment ${fields['segment']} under the name of another`
    if (sealed) return 'the line was added after the segment had ended'
    const intact = findings.length === cleanSince
    if (line.kind === 'seal' && fields['lines'] !== lineOf - 1 && intact)
      return `the segment's end tells of ${fields['lines']} lines before it, not ${lineOf - 1}`
    if (line.kind === 'cut' && fields['whole'] !== 0)
      return `${fields['whole']} whole lines were cut off at a start, and kept in ${fields['kept']}: a power cut leaves such, and so does somebody who changes a line`
    if (!last || !sure) return undefined
    if (line.n > last.n + 1) return `${count(line.n - last.n - 1)} missing before it, from ${last.n + 1} on`
    if (line.n !== last.n + 1) return `out of its place: record ${last.n + 1} should be here`
    if (line.prev !== last.hash) return 'it does not follow from the line before it'
    return undefined
  }

  return {
    segment(next) {
      const missing = segment ? next.number - segment.number - 1 : 0
      segment = next
      lineOf = 0
      sealed = false
      if (missing > 0)
        found(missing === 1 ? 'the segment before it is missing' : `${missing} segments before it are missing`, 0, null)
      cleanSince = findings.length
    },
    line({ bytes, offset, ended }) {
      lineOf += 1
      const line = ended ? readLine(bytes) : undefined
      if (!line) {
        const record = last && sure ? last.n + 1 : null
        const torn = `torn: ${bytes.length} bytes without an end; the server cuts them off when it starts`
        found(ended ? 'not what was written' : torn, offset, record)
        sealed = false
        return
      }
      const fields = line.kind === 'prediction' ? {} : fieldsOf(line)
      const wrong = misplaced(line, fields)
      if (wrong) found(wrong, offset, line.n)
      if (!last && lineOf === 1) oldest = line
      if (line.kind === 'removed') removed.add(fields['through'])
      if (line.kind === 'damaged') damaged.add(fields['segment'])
      if (line.hash === anchor) anchored = true
      account.add(line, segment?.name ?? '')
      sealed = line.kind === 'seal'
      last = line
      sure = true
    },
    segmentEnd(isLast) {
      if (lineOf === 0) found('empty', 0, null)
      else if (!sealed && !isLast && sure) found(noEnd, 0, last?.n ?? null)
    },
    end() {
      lineOf = 1
      if (oldest && !removed.has(oldest.prev))
        found(
          'the segments before it are missing, and no line says that retention removed them',
          0,
          oldest.n,
          segmentName(Number(fieldsOf(oldest)['segment'])),
        )
      const known = new Set([...damaged].map((number) => segmentName(Number(number))))
      return {
        ...account.total,
        anchored,
        findings: findings.filter(({ segment, what }) => what !== noEnd || !known.has(segment)),
      }
    },
  }
}

const count = (records: number) => (records === 1 ? 'a record is' : `${records} records are`)
