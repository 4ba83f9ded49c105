import type { Entry } from './act.ts'
import type { StepFile } from './workflow.ts'

export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped'
export type Step = {
  readonly id: string
  readonly name: string
  readonly conclusion: Conclusion
  readonly ms: number
  readonly outputs: { readonly [name: string]: string }
}
export type Annotation = {
  readonly level: 'error' | 'warning' | 'notice'
  readonly message: string
  readonly title?: string | undefined
  readonly file?: string | undefined
  readonly line?: number | undefined
}

/** A step may add this much to the job summary; GitHub drops what is longer (https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits). */
const summaryLimit = 1024 * 1024

export type Log = ReturnType<typeof openLog>

/** Reads act's log of a job line by line: what GitHub would show of it, and what must not be shown. */
export function openLog(steps: readonly StepFile[]) {
  const text: string[] = []
  const summaries: string[] = []
  const annotations: Annotation[] = []
  const masked = new Set<string>()
  const seen = new Map<string, { conclusion: Conclusion; ms: number }>()
  const outputs = new Map<string, { [name: string]: string }>()
  let running: string | undefined
  let result: string | undefined

  return {
    /** Takes one entry. Returns the id of the step that it begins, if it does. */
    take(entry: Entry): string | undefined {
      const { msg, stage, stepID = [], command, arg = '', content = '' } = entry
      const [id, nested] = stepID
      if (entry.jobResult) result = entry.jobResult
      if (command === 'add-mask') masked.add(arg)
      const annotation = annotationOf(entry)
      if (annotation) annotations.push(annotation)
      if (command === 'summary') {
        if (Buffer.byteLength(content) > summaryLimit)
          annotations.push({
            level: 'error',
            message: `$GITHUB_STEP_SUMMARY upload aborted: it holds more than ${summaryLimit} bytes`,
          })
        else summaries.push(content)
      } else if (command === 'set-output' && id !== undefined && nested === undefined)
        outputs.set(id, { ...outputs.get(id), [entry.name ?? '']: arg })
      else text.push(shown(entry))
      if (id === undefined || nested !== undefined) return undefined
      if (entry.stepResult && entry.stage) {
        // A step that fails after it ran has failed.
        if (stage === 'Main' || entry.stepResult === 'failure') {
          const ms = (seen.get(id)?.ms ?? 0) + (entry.executionTime ?? 0) / 1e6
          seen.set(id, { conclusion: entry.stepResult === 'failure' ? 'failure' : 'success', ms })
        }
        running = undefined
        return undefined
      }
      if (stage !== 'Main' || !msg.startsWith('\u2b50 Run Main ')) return undefined
      running = id
      text.push(`##[group]${steps.find((step) => step.id === id)?.name}\n`)
      return id
    },
    /** The step that runs now. */
    running: () => running,
    /** GitHub's words for steps: one that was cut short is cancelled, one that never began is skipped. */
    steps: (cut: string | undefined): Step[] =>
      steps.map(({ id, name }) => {
        const { conclusion = 'skipped', ms = 0 } = seen.get(id) ?? {}
        return {
          id,
          name,
          conclusion: id === cut ? 'cancelled' : conclusion,
          ms: Math.round(ms),
          outputs: outputs.get(id) ?? {},
        }
      }),
    /** `success`, `failure`, or undefined where act did not get to say. */
    result: () => result,
    text: () => text.join(''),
    summary: () => summaries.join('\n'),
    annotations,
    /** What steps asked to be masked. */
    masked,
  }
}

/** What GitHub's log shows of an entry; nothing of what act says for itself. */
function shown({ msg, raw_output, level, command, arg = '' }: Entry): string {
  if (command === 'group' || command === 'endgroup') return `##[${command}]${arg}\n`
  if (command === 'error' || command === 'warning' || command === 'notice') return `##[${command}]${arg}\n`
  if (command) return ''
  return raw_output || level === 'error' ? `${level === 'error' ? '##[error]' : ''}${msg}`.replace(/\n?$/, '\n') : ''
}

function annotationOf({ command, arg = '', kvPairs = {} }: Entry): Annotation | undefined {
  if (command !== 'error' && command !== 'warning' && command !== 'notice') return undefined
  const { title, file, line } = kvPairs
  return { level: command, message: arg, title, file, line: line === undefined ? undefined : Number(line) }
}
