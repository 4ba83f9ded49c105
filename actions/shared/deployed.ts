import { join } from 'node:path'
import { writeWhole } from '../../pipeline/files.ts'
import type { DeployResult } from '../../pipeline/release/deployment.ts'
import { nameOf } from '../../pipeline/release/release.ts'
import type { PlannedRelease } from '../../pipeline/steps/request.ts'
import { plain } from './log.ts'
import { setOutputs } from './outputs.ts'
import type { Runner } from './runner.ts'
import { summarise, tableOf } from './summary.ts'

/** Tells what would be released, or is asked for: outputs and job summary. */
export async function tellPlanned(
  runner: Runner,
  planned: PlannedRelease & { readonly entry?: string; readonly bundle?: string },
): Promise<void> {
  const { environment, release, entry, bundle } = planned
  const { model, image, commit, rehearsal } = release
  const name = nameOfEnvironment(planned)
  setOutputs({ outcome: entry ? 'requested' : 'planned', digest: model.digest, version: model.version, image })
  setOutputs({ commit, rehearsal, 'environment-name': name, 'request-commit': entry, bundle })
  const title = `${environment}: ${entry ? 'asked for' : 'planned'}${rehearsal ? ' (rehearsal)' : ''}`
  await summarise(
    runner,
    tableOf(title, { model: nameOf(release), digest: model.digest, image, commit, request: entry }),
  )
}

/** What GitHub's page of deployments calls it: a rehearsal must not look like production. */
const nameOfEnvironment = ({ environment, release }: PlannedRelease) =>
  release.rehearsal && environment !== 'staging' ? `${environment}-rehearsal` : environment

/** Tells what a rollout came to: outputs, job summary, and the same as a file for the release's notes. */
export async function tellDeployed(runner: Runner, deployed: DeployResult): Promise<void> {
  const { outcome, reason, environment, release, digest, clients } = deployed
  const markdown = evidenceOf(deployed)
  const file = join(runner.root, '.mergeline', 'evidence', `${environment}.md`)
  await writeWhole(file, markdown)
  setOutputs({ outcome, reason, digest, version: release.model.version, image: release.image })
  setOutputs({ commit: release.commit, rehearsal: release.rehearsal, 'gateway-url': deployed.gatewayUrl })
  setOutputs({ 'release-commit': deployed.releaseCommit, 'revert-commit': deployed.revertCommit })
  setOutputs({ 'supersede-commit': deployed.supersedeCommit, 'canary-requests': deployed.canaryRequests })
  setOutputs({ 'client-requests': clients?.requests ?? 0, 'failed-requests': clients?.failed ?? 0 })
  setOutputs({ 'environment-name': nameOfEnvironment(deployed), evidence: file })
  await summarise(runner, markdown)
}

/** Outcome and evidence as Markdown: a table, then the verdict's own lines. */
export function evidenceOf(deployed: DeployResult): string {
  const { outcome, reason, environment, release, clients, evidence } = deployed
  const table = tableOf(`${environment}: ${outcome}${release.rehearsal ? ' (rehearsal)' : ''}`, {
    why: reason,
    model: nameOf(release),
    digest: deployed.digest,
    image: release.image,
    commit: release.commit,
    release: deployed.releaseCommit,
    revert: deployed.revertCommit,
    'superseded by': deployed.supersedeCommit,
    'canary requests': deployed.canaryRequests,
    clients: clients && `${clients.requests} requests, ${clients.failed} failed`,
    'failed requests': clients?.failures.join('; '),
  })
  return `${table}${evidence && evidence.lines.length > 0 ? `\n${block(evidence.lines)}\n` : ''}`
}

const longestLine = 400

/** Lines as they are, in a fence that none of them can end. */
function block(lines: readonly string[]): string {
  const shown = lines.map((line) => plain(line).slice(0, longestLine))
  const runs = [...shown.join('\n').matchAll(/`+/g)].map(([run]) => run.length)
  const fence = '`'.repeat(Math.max(2, ...runs) + 1)
  return [`${fence}text`, ...shown, fence].join('\n')
}
