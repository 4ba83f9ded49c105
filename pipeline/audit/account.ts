import type { Line } from './line.ts'

/** What a log tells of itself, added up. */
export type Account = {
  readonly lines: number
  readonly predictions: number
  readonly refusals: number
  /** Predictions that left without a record. */
  readonly lost: number
  /** Times of the first and the last line; null in an empty log. */
  readonly from: string | null
  readonly until: string | null
  /** The last line: noted elsewhere, it proves later that nothing up to it was changed. */
  readonly head: { readonly n: number; readonly hash: string } | null
  /** What befell the log: torn lines cut off, times when it could not be written, segments removed. */
  readonly notes: readonly string[]
}

/** Makes the adding up of a log's lines, given with the name of their segment. */
export function createAccount(): { add(line: Line, segment: string): void; readonly total: Account } {
  const notes: string[] = []
  let [lines, predictions, refusals, lost] = [0, 0, 0, 0]
  let [from, until]: [string | null, string | null] = [null, null]
  let head: Account['head'] = null

  return {
    add(line, segment) {
      lines += 1
      if (line.kind === 'prediction') predictions += 1
      if (line.kind === 'refusal') refusals += 1
      if (line.kind === 'refusals') refusals += Number(line['count'])
      if (line.kind === 'gap') lost += Number(line['lost'])
      const at = typeof line['at'] === 'string' ? line['at'] : null
      from ??= at
      until = at ?? until
      head = { n: line.n, hash: line.hash }
      const note = noteOf(line)
      if (note !== undefined) notes.push(`${segment}, record ${line.n}: ${note}`)
    },
    get total() {
      return { lines, predictions, refusals, lost, from, until, head, notes }
    },
  }
}

function noteOf(line: Line): string | undefined {
  if (line.kind === 'removed')
    return `segments ${line['first']} to ${line['last']} were removed, as they had been kept long enough`
  if (line.kind === 'gap')
    return `from ${line['since']} to ${line['at']} nothing could be written (${line['why']}); without a record are ${line['lost']} predictions and ${line['refused']} refusals`
  if (line.kind === 'open' && 'left' in line) return `${line['left']}; this segment was begun instead`
  if (line.kind === 'damaged')
    return `segment ${line['segment']} was damaged after record ${line['after']} when the server started; it was left as it was`
  if (line.kind === 'cut') return `${line['bytes']} bytes that a crash left after the last whole line were cut off`
  return undefined
}
