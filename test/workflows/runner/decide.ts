import { type Asked, ask } from './ask.ts'
import type { GroupRule } from './concurrency.ts'
import { conditionOf, type Needs, type Status, sayNeeds, sayNeedsInIf } from './expressions.ts'
import { combinationsOf, matrixQuestion } from './matrix.ts'
import type { JobFile } from './workflow.ts'

/** What GitHub knows of a job before it begins. */
export type Decision = {
  readonly name: string
  readonly environment: string | undefined
  readonly group: GroupRule | undefined
  readonly timeoutMs: number
  /** One job for each; `undefined` where there is no matrix. */
  readonly combinations: readonly ({ readonly [name: string]: unknown } | undefined)[]
  readonly failFast: boolean
}

/** Evaluates what a job's file says of it, by act; null where its `if:` says no. */
export async function decide(job: JobFile, needs: Needs, status: Status, asked: Asked): Promise<Decision | null> {
  const condition = conditionIn(job, needs, status)
  if (condition === 'false') return null
  const { matrix } = job.strategy ?? {}
  const answers = await ask(asked, {
    condition: condition === 'true' ? 'yes' : `\${{ (${condition}) && 'yes' || 'no' }}`,
    name: sayNeeds(job.name, needs),
    environment: sayNeeds(job.environment?.name ?? '', needs),
    timeout: sayNeeds(job.timeoutMinutes, needs),
    matrix: sayNeeds(matrixQuestion(matrix ?? null), needs),
    ...groupQuestions(job.concurrency, (text) => sayNeeds(text, needs)),
  })
  if (answers.condition === 'no') return null
  return {
    name: answers.name,
    environment: answers.environment === '' ? undefined : answers.environment,
    group: groupOf(job.concurrency, answers),
    timeoutMs: Number(answers.timeout) * 60_000,
    combinations: combinationsOf(JSON.parse(answers.matrix)),
    failFast: job.strategy?.['fail-fast'] !== false,
  }
}

/** The group of a whole run. */
export async function decideRun(concurrency: unknown, asked: Asked): Promise<GroupRule | undefined> {
  return groupOf(
    concurrency,
    await ask(
      asked,
      groupQuestions(concurrency, (text) => text),
    ),
  )
}

function conditionIn({ condition }: JobFile, needs: Needs, status: Status): string {
  if (condition === undefined) return String(status.success)
  return conditionOf(sayNeedsInIf(condition, needs), status).trim()
}

function groupQuestions(concurrency: unknown, say: (text: string) => string) {
  const { group = '', 'cancel-in-progress': cancel = false } = spelledOut(concurrency)
  return { group: say(String(group)), cancel: say(String(cancel)) }
}

function groupOf(concurrency: unknown, { group, cancel }: { group: string; cancel: string }): GroupRule | undefined {
  if (concurrency === undefined || group === '') return undefined
  const { queue = 'single' } = spelledOut(concurrency)
  if (queue !== 'single' && queue !== 'max') throw new Error(`concurrency.queue: ${queue} is nothing that GitHub knows`)
  return { group, cancelInProgress: cancel === 'true', queue }
}

const spelledOut = (concurrency: unknown) =>
  (typeof concurrency === 'string' ? { group: concurrency } : (concurrency ?? {})) as {
    readonly [key: string]: unknown
  }
