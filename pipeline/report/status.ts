import type { DataReport } from '../data/findings.ts'
import type { GateResult } from '../evaluation/gate.ts'
import { amount, moreOrLess, whole } from '../evaluation/wording.ts'
import type { Status } from './blocks.ts'

/** How it ended, in one line: data that are refused come first, for nothing after them counts. */
export function statusOf(data?: DataReport, gate?: GateResult): Status {
  if (data && !data.pass) {
    const errors = data.findings.filter(({ severity }) => severity === 'error')
    const files = [...new Set(errors.map(({ file }) => file))]
    return { tone: 'bad', words: `Data refused: ${counted(errors.length, 'error')} in ${files.join(', ')}` }
  }
  if (gate) return statusOfGate(gate)
  if (!data) return { tone: 'unsure', words: 'Nothing was judged' }
  const { length } = data.findings
  return { tone: 'good', words: `Data accepted${length > 0 ? ` with ${counted(length, 'warning')}` : ''}` }
}

function statusOfGate({ result, scored: [candidate], comparisons: [first], metric }: GateResult): Status {
  const error = candidate
    ? `${metric.name} ${amount(candidate.error.estimate)} ${metric.unit}`.trimEnd()
    : `no ${metric.name}`
  const against = first
    ? `, ${moreOrLess(first.relative.estimate)} the ${first.against === 'champion' ? 'champion' : `${first.against} baseline`}'s`
    : ''
  switch (result) {
    case 'pass':
      return { tone: 'good', words: `Gate passed: ${error}${against}` }
    case 'unchanged':
      return { tone: 'good', words: `Unchanged: the candidate is the champion, ${error}` }
    case 'fail':
      return { tone: 'bad', words: `Gate failed: ${error}${against}` }
    case 'inconclusive':
      return { tone: 'unsure', words: `Gate inconclusive, so not passed: ${error}${against}` }
  }
}

export const counted = (count: number, what: string): string => `${whole(count)} ${what}${count === 1 ? '' : 's'}`
