import { Buffer } from 'node:buffer'
import { type Static, Type } from 'typebox'
import { InputError } from '../errors.ts'
import { validate } from '../schema.ts'
import { type Status, symbols } from './blocks.ts'
import { markdownCode, markdownText } from './escape.ts'
import { type Report, toMarkdown } from './report.ts'
import { statusOf } from './status.ts'

/** The run that a comment tells of. Addresses are our own; everything else may be a stranger's. */
export type CommentRun = {
  readonly id: number
  /** Counts the runs of the workflow; with `attempt`, the order of results. */
  readonly number: number
  readonly attempt: number
  /** 40 hex digits. */
  readonly commit: string
  /** How GitHub says that it ended: `success`, `failure`, `cancelled` … */
  readonly conclusion: string
  /** The repository's page. */
  readonly repositoryUrl: string
  /** The id of the artifact that holds the whole report. */
  readonly artifact?: number
}

/** What the run left: its report, or why there is none to show, in a sentence and the words of the error. */
export type Found =
  | { readonly report: Report }
  | { readonly tone: 'bad' | 'unsure'; readonly missing: string; readonly why?: string }

const resultSchema = Type.Object(
  {
    run: Type.Integer({ minimum: 1 }),
    number: Type.Integer({ minimum: 0 }),
    attempt: Type.Integer({ minimum: 1 }),
    commit: Type.String({ pattern: '^[0-9a-f]{40}$' }),
    tone: Type.Enum(['good', 'bad', 'unsure'], { type: 'string' }),
    words: Type.String({ maxLength: 200 }),
    digest: Type.Optional(Type.String({ maxLength: 19 })),
  },
  { additionalProperties: false },
)
const markSchema = Type.Array(resultSchema, { minItems: 1, maxItems: 6 })

/** One run's result in a line. */
export type Result = Readonly<Static<typeof resultSchema>>

const marker = /^<!-- mergeline:report ([\w+/=]*) -->/
/** GitHub takes 65,536 characters in a comment. */
const mostCharacters = 65_000
const mostOlder = 5

/** Whether a comment begins with our marker. Others can write that, too: who wrote it counts as well. */
export const isMarked = (body: string): boolean => marker.test(body)

/** The results that a comment of ours holds, the latest first; none where its marker is not as we write it. */
export function resultsIn(body: string): readonly Result[] {
  const [, mark = ''] = marker.exec(body) ?? []
  try {
    return validate(markSchema, JSON.parse(Buffer.from(mark, 'base64').toString()), 'the comment')
  } catch (error) {
    if (error instanceof InputError || error instanceof SyntaxError) return []
    throw error
  }
}

/** Whether a comment tells of a later run already, or of a later attempt of this one. */
export function tellsOfLater(body: string, { number, attempt }: CommentRun): boolean {
  const [latest] = resultsIn(body)
  return latest !== undefined && (latest.number - number || latest.attempt - attempt) > 0
}

/**
 * The comment of a pull request: the verdict, the report's sections, the run; older results, one line each, folded. `before` is the comment's text so far. At most 65,000
 * characters: what does not fit is named, with a link to where it is. The same run and `before` give the same text, and so does its own text as `before`.
 */
export function commentOf(found: Found, run: CommentRun, before = ''): string {
  const older = resultsIn(before)
    .filter(({ run: id }) => id !== run.id)
    .slice(0, mostOlder)
  const mark = Buffer.from(JSON.stringify([resultOf(found, run), ...older])).toString('base64')
  const head = `<!-- mergeline:report ${mark} -->`
  const tail = [footer(found, run), ...folded(older, run)].join('\n\n')
  const body = bodyOf(found, run, mostCharacters - head.length - tail.length - 10)
  return `${head}\n${body}\n\n${tail}\n`
}

/** The same without marker and older results: for a job summary. */
export function summaryOf(found: Found, run: CommentRun): string {
  return `${bodyOf(found, run, mostCharacters - 2000)}\n\n${footer(found, run)}\n`
}

/** What is left in a second comment of ours: the first is the one that is kept up to date. */
export const movedTo = (url: string): string => `The report is kept up to date in [an earlier comment](${url}).\n`

function bodyOf(found: Found, run: CommentRun, most: number): string {
  const whole = `[the whole report](${wholeUrl(run)})`
  if ('report' in found) return toMarkdown(found.report, { most, whole }).trimEnd()
  const { tone, words } = resultStatus(found)
  const why = found.why === undefined ? [] : [markdownCode(found.why)]
  return [`## ${symbols[tone]} ${markdownText(words)}`, ...why].join('\n\n')
}

function footer(found: Found, run: CommentRun): string {
  const { id, attempt, commit, conclusion, repositoryUrl } = run
  const digest = 'report' in found ? digestOf(found.report) : undefined
  const again = attempt > 1 ? `, attempt ${attempt}` : ''
  const good = 'report' in found && resultStatus(found).tone === 'good'
  return [
    `[Run ${id}](${repositoryUrl}/actions/runs/${id})${again} of commit [\`${commit.slice(0, 7)}\`](${repositoryUrl}/commit/${commit})`,
    ...(digest ? [`model ${markdownCode(digest)}`] : []),
    ...(run.artifact === undefined ? [] : [`[the whole report](${wholeUrl(run)}), with charts`]),
    ...(good && conclusion !== 'success' ? [`the run itself ended with ${markdownCode(conclusion)}: see its log`] : []),
  ].join(' · ')
}

function folded(older: readonly Result[], { repositoryUrl }: CommentRun): readonly string[] {
  if (older.length === 0) return []
  const lines = older.map(({ run, commit, tone, words, digest }) => {
    const model = digest ? ` · ${markdownCode(digest)}` : ''
    const link = `[\`${commit.slice(0, 7)}\`](${repositoryUrl}/actions/runs/${run})`
    return `- ${link} ${symbols[tone]} ${markdownText(words)}${model}`
  })
  return [`<details><summary>Older results (${older.length})</summary>`, lines.join('\n'), '</details>']
}

const wholeUrl = ({ id, artifact, repositoryUrl }: CommentRun) =>
  `${repositoryUrl}/actions/runs/${id}${artifact === undefined ? '' : `/artifacts/${artifact}`}`

function resultOf(found: Found, { id, number, attempt, commit }: CommentRun): Result {
  const { tone, words } = resultStatus(found)
  const digest = 'report' in found ? digestOf(found.report)?.slice(0, 19) : undefined
  return {
    run: id,
    number,
    attempt,
    commit,
    tone,
    words: [...words].slice(0, 200).join(''),
    ...(digest ? { digest } : {}),
  }
}

/** How it ended, in a line. */
export const resultStatus = (found: Found): Status =>
  'report' in found ? statusOf(found.report.data, found.report.gate) : { tone: found.tone, words: found.missing }

const digestOf = ({ training, gate }: Report) => training?.digest ?? gate?.scored[0]?.digest
