import type { DeployResult } from './deployment.ts'
import { described } from './finish.ts'
import { git } from './git.ts'
import { evidenceIn } from './message.ts'
import type { Release } from './release.ts'
import type { Site } from './site.ts'
import type { Turn } from './turn.ts'

/** The result where Git says that nothing is left to do: another attempt had done it, or another release overtook it. */
export async function overResult(
  site: Site,
  release: Release,
  { outcome, reason, entry, releaseCommit, held }: Extract<Turn, { kind: 'over' }>,
): Promise<DeployResult> {
  site.log(`${site.environment}: ${outcome}: ${reason}`)
  const result = { reason, canaryRequests: 0, ...described(site, release, releaseCommit) }
  if (outcome === 'superseded') return { ...result, outcome, supersedeCommit: entry }
  const evidence = evidenceIn(await git(site.root, ['log', '-1', '--format=%B', entry]))
  if (outcome === 'rolled back') return { ...result, outcome, revertCommit: entry, evidence, ...(held ? { held } : {}) }
  if (outcome === 'promoted') return { ...result, outcome, evidence }
  throw new Error(`a release that is ${outcome} has no result`)
}
