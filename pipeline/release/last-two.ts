import { InputError } from '../errors.ts'
import { historyAt, releaseFileAt } from './history.ts'
import { fetchLedger } from './ledger.ts'
import type { RecordedRelease } from './record.ts'
import { holdOn } from './release.ts'
import type { Site } from './site.ts'
import { sameCode } from './targets/code.ts'

/** What was promoted last, what before that is another in model, image or code, and what was promoted in between, which is the same in other words. Throws InputError where nothing was promoted. */
export async function lastTwo({ root, environment, journal }: Site) {
  const { tip } = await fetchLedger(root)
  const entries = await historyAt(root, tip, environment)
  const { held } = await releaseFileAt(root, tip, environment)
  const gone = new Set([
    ...entries.flatMap(({ reverts, supersedes }) => [reverts, ...supersedes]),
    ...journal.now.pendingReverts.map(({ releaseCommit }) => releaseCommit),
  ])
  const promoted = [...journal.now.pendingPromotions].reverse()
  for (const { promotes } of entries) if (promotes && !promoted.includes(promotes)) promoted.push(promotes)
  let running: RecordedRelease | undefined
  const twins: RecordedRelease[] = []
  for (const releaseCommit of promoted.filter((commit) => !gone.has(commit))) {
    const { release } = await releaseFileAt(root, releaseCommit, environment)
    if (!release) continue
    const found = { release, releaseCommit }
    if (!running) running = found
    else if (await same(root, running, found)) twins.push(found)
    else if (!holdOn(held, release)) return { running, before: found, twins }
  }
  if (!running) throw new InputError(`rollback: ${environment} promoted nothing yet`)
  return { running, before: undefined, twins }
}

async function same(root: string, a: RecordedRelease, b: RecordedRelease): Promise<boolean> {
  const pair = a.release.model.digest === b.release.model.digest && a.release.image === b.release.image
  return pair && (await sameCode(root, a.release.commit, b.release.commit))
}
