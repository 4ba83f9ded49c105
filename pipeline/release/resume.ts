import { deploy } from './deploy.ts'
import type { DeployOptions, DeployResult } from './deployment.ts'
import { type Environment, loadEnvironment } from './environment.ts'
import { historyAt, releaseFileAt } from './history.ts'
import { processHolder, works } from './holder.ts'
import { readJournal } from './journal.ts'
import { fetchLedger } from './ledger.ts'
import { queueOf } from './queue.ts'
import { nameOf } from './release.ts'
import { openSite } from './site.ts'
import { stateDir } from './targets/files.ts'

/** That nothing is to be carried on, and why. */
export type NothingToDo = { readonly nothing: string }

/**
 * Carries on the release that the ledger has open for an environment and whose holder is gone, wherever that was. What it was judged on so far counts where its journal lies; elsewhere
 * its trial begins anew. Throws as `deploy` does.
 */
export async function resumeRelease(
  options: Omit<DeployOptions, 'commit' | 'model' | 'image'>,
): Promise<DeployResult | NothingToDo> {
  const { root, environment: name } = options
  const environment = await loadEnvironment(root, name)
  const holder = options.holder ?? (await processHolder(root))
  const { tip } = await fetchLedger(root)
  const { releases, requests } = queueOf(await historyAt(root, tip, name))
  const [open] = releases
  const waiting = requests.map(({ request, about }) => `${request} (commit ${about?.slice(0, 12)})`).join(', ')
  const asked = waiting ? `; asked for and not begun: ${waiting}; run its job again, or deploy that commit` : ''
  if (!open) {
    await tellWhatIsLeft(options, environment)
    return { nothing: `${name}: nothing is open${asked}` }
  }
  const { release } = await releaseFileAt(root, open.entry.commit, name)
  if (!release) return { nothing: `${name}: ${open.entry.commit.slice(0, 12)} on the branch releases names no release` }
  if (open.holder !== holder.name && (await works(holder, open, environment)))
    return { nothing: `${name}: ${open.holder} rolls out ${nameOf(release)} since ${open.since}${asked}` }
  options.log?.(
    `${name}: carrying on with ${nameOf(release)}, which ${open.holder ?? 'somebody'} left at ${open.since}`,
  )
  const { request } = open.entry
  const carried = { commit: release.commit, release, carriesOn: open.entry.commit }
  return deploy({ ...options, holder, ...carried, ...(request ? { request } : {}) })
}

/** A command that was killed once Git knew its end may have left the registry, and its own journal, to be told of it. */
async function tellWhatIsLeft(
  options: Omit<DeployOptions, 'commit' | 'model' | 'image'>,
  environment: Environment,
): Promise<void> {
  const { pendingReverts, pendingPromotions, pendingAliases } = await readJournal(
    stateDir(options.root, options.environment),
  )
  if (pendingReverts.length + pendingPromotions.length + Object.keys(pendingAliases).length === 0) return
  await using site = await openSite({ ...options, commit: '' }, environment)
  await site.settle(1)
}
