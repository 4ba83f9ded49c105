import { type Fields, fieldsOf, type Line } from './line.ts'

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
  let first: Line | undefined
  let last: Line | undefined

  return {
    add(line, segment) {
      lines += 1
      first ??= line
      last = line
      if (line.kind === 'prediction') predictions += 1
      else if (line.kind === 'refusal') refusals += 1
      else {
        const fields = fieldsOf(line)
        if (line.kind === 'refusals') refusals += Number(fields['count'])
        if (line.kind === 'gap') lost += Number(fields['lost'])
        const note = noteOf(line.kind, fields)
        if (note !== undefined) notes.push(`${segment}, record ${line.n}: ${note}`)
      }
    },
    get total() {
      const head = last ? { n: last.n, hash: last.hash } : null
      return { lines, predictions, refusals, lost, from: timeOf(first), until: timeOf(last), head, notes }
    },
  }
}

function timeOf(line: Line | undefined): string | null {
  const at = line && fieldsOf(line)['at']
  return typeof at === 'string' ? at : null
}

function noteOf(kind: Line['kind'], fields: Fields): string | undefined {
  if (kind === 'removed')
    return `segments ${fields['first']} to ${fields['last']} were removed, as they had been kept long enough`
  if (kind === 'gap')
    return `from ${fields['since']} to ${fields['at']} nothing could be written (${fields['why']}); without a record are ${fields['lost']} predictions and ${fields['refused']} refusals`
  if (kind === 'open' && 'left' in fields) return `${fields['left']}; this segment was begun instead`
  if (kind === 'damaged')
    return `segment ${fields['segment']} was damaged after record ${fields['after']} when the server started; it was left as it was`
  if (kind === 'cut') return `${fields['bytes']} bytes that a crash left after the last whole line were cut off`
  return undefined
}
