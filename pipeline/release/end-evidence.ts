import { evidenceOf } from './evidence.ts'
import type { Rollout } from './journal.ts'
import type { Evidence } from './message.ts'

/** What a rollout ended on: the verdict's evidence, and on whose word what was missing was done without; undefined where nothing was judged. */
export function endEvidence({ verdict, policy, override }: Rollout): Evidence | undefined {
  if (!verdict || !policy) return undefined
  const evidence = evidenceOf(verdict, policy)
  if (!override) return evidence
  const { by, why } = override
  return {
    by,
    why: `promoted on the word of ${by} without the evidence for it: ${why}`,
    lines: [...evidence.lines, `  overridden    by ${by}: ${why}`, `  missing then  ${verdict.reason}`],
  }
}
