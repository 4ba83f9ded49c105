import { histories } from '../task/judge.ts'
import type { Example } from '../task/record.ts'
import { wrongHistories } from './histories.ts'
import { leaks } from './leakage.ts'

/** What is wrong with the examples after the date `after`, so that no model can be judged on them: a sentence each. */
export function defectsOf(examples: readonly Example[], after: string, seed: number): readonly string[] {
  const unseen = examples.filter(({ time }) => time > after)
  return [...wrongHistories(unseen, histories), ...leaks(unseen, seed)]
}
