import { InputError } from '../../pipeline/errors.ts'
import type { Found } from '../../pipeline/report/comment.ts'
import { readReport } from '../../pipeline/report/report-json.ts'
import { readArtifact } from './artifact-files.ts'
import type { GitHub } from './github.ts'
import { refusal } from './refusal.ts'
import type { WorkflowRun } from './workflow-run.ts'

/** A report of 2 MB at most, and its page with charts. */
const limits = {
  allow: (path: string) => path === 'report.json' || path === 'report.html',
  maxBytes: 8_000_000,
  maxFiles: 2,
}

/** What a run left of its report, and the id of the artifact. Whatever is wrong with it is a result, too: a pull request may have made it so. */
export async function findReport(github: GitHub, run: WorkflowRun): Promise<Found & { readonly artifact?: number }> {
  const { octokit, repository } = github
  const wanted = { ...repository, run_id: run.id, name: 'report', per_page: 100 }
  const listed = await octokit.paginate(octokit.rest.actions.listWorkflowRunArtifacts, wanted).catch(refusal)
  if ('refused' in listed) {
    const missing = 'The report cannot be fetched: the job lacks the permission actions: read'
    return { tone: 'unsure', missing, why: listed.refused }
  }
  // Each attempt of a run leaves its own.
  const newest = listed.filter(({ name }) => name === 'report').toSorted((a, b) => b.id - a.id)[0]
  if (!newest) return { tone: 'unsure', missing: noneOf(run) }
  const { id, digest, expired, size_in_bytes: size } = newest
  if (expired) return { tone: 'unsure', missing: 'No report: the artifact has expired; run the workflow again' }
  try {
    if (size > limits.maxBytes) throw new InputError(`artifact ${id}: has ${size} bytes, more than ${limits.maxBytes}`)
    const json = (await readArtifact(github, { id, digest }, limits)).get('report.json')
    if (!json) throw new InputError(`artifact ${id}: holds no report.json`)
    return { report: readReport(json, `artifact ${id}: report.json`), artifact: id }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return { tone: 'bad', missing: 'The report that the run left cannot be shown', why: error.message, artifact: id }
  }
}

const noneOf = ({ conclusion }: WorkflowRun) =>
  conclusion === 'action_required'
    ? 'No report yet: somebody with write access must approve the run first'
    : `No report: the run ended with ${conclusion ?? 'no conclusion'} before there was one`
