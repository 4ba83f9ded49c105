import { type CommentRun, commentOf, resultStatus, summaryOf, tellsOfLater } from '../../pipeline/report/comment.ts'
import { markdownText, oneLine } from '../../pipeline/report/escape.ts'
import { openGitHub } from './github.ts'
import { say } from './log.ts'
import { findPullRequest } from './pull-request.ts'
import { refusal } from './refusal.ts'
import type { RunInputs } from './report-inputs.ts'
import { findReport } from './run-report.ts'
import type { Runner } from './runner.ts'
import { postComment } from './sticky-comment.ts'
import { readWorkflowRun, type WorkflowRun } from './workflow-run.ts'

const longestResult = 300

/** What came of it: where it is told, and Markdown for the job summary. */
export type Reported = {
  readonly result: string
  readonly pull?: number
  readonly posted: 'created' | 'updated' | 'unchanged' | 'newer' | 'summary'
  readonly url?: string
  readonly summary: string
  /** What GitHub did not allow, and what to do. */
  readonly warning?: string
}

/**
 * Posts the report of the run that the event tells of to its pull request, as one comment of `author`'s. Where there is no pull request, or the token may not comment, the
 * report is for the job summary, which is no failure.
 */
export async function reportRun(runner: Runner, { token, author }: RunInputs): Promise<Reported> {
  const event = await readWorkflowRun(runner.github)
  const github = openGitHub(runner, token)
  const { artifact, ...found } = await findReport(github, event)
  const run = { ...commentRun(event, runner), ...(artifact === undefined ? {} : { artifact }) }
  const result = oneLine(resultStatus(found).words, longestResult)
  say(`report: run ${event.id}: ${result}`)
  const whole = summaryOf(found, run)

  const pull = await findPullRequest(github, event).catch(refusal)
  if ('none' in pull) {
    say(`report: ${pull.none}`)
    return { result, posted: 'summary', summary: `${markdownText(pull.none)}\n\n${whole}` }
  }
  if ('refused' in pull) return { result, posted: 'summary', summary: whole, warning: notAllowed(pull.refused) }
  const { number } = pull
  const posted = await postComment(github, { pull: number, author }, (before) =>
    tellsOfLater(before, run) ? null : commentOf(found, run, before),
  )
  if ('refused' in posted)
    return { result, pull: number, posted: 'summary', summary: whole, warning: notAllowed(posted.refused) }
  say(`report: pull request ${number}: comment ${posted.posted}`)
  const said = `[The comment](${posted.url}) of pull request ${number}: ${posted.posted}.`
  const summary = posted.posted === 'newer' ? `${said} It tells of a later run.\n\n${whole}` : `${said}\n`
  return { result, pull: number, ...posted, summary }
}

const notAllowed = (words: string) =>
  `GitHub does not let this job comment on the pull request (${words}), so the report is in the job summary; give the job the permission pull-requests: write, or allow it in the settings of the repository`

function commentRun(
  { id, run_number: number, run_attempt: attempt, head_sha: commit, conclusion }: WorkflowRun,
  { github: { serverUrl, repository } }: Runner,
): CommentRun {
  const repositoryUrl = `${serverUrl}/${repository}`
  return { id, number, attempt, commit, conclusion: conclusion ?? 'no conclusion', repositoryUrl }
}
