import { setTimeout as sleep } from 'node:timers/promises'
import { promoteRelease, revertRelease } from './decided.ts'
import { findRelease } from './history.ts'
import { namesOf, type OpenJournal, type PendingRevert } from './journal.ts'
import { fetchLedger } from './ledger.ts'

/** What `deploy` needs of the model registry. */
export type Registry = { readonly setAlias: (alias: string, version: number) => Promise<void> }

export type Settling = {
  readonly root: string
  readonly environment: string
  readonly journal: OpenJournal
  readonly log: (line: string) => void
}

/** Entries of the ledger by the release that each decides: its promotion or rollback, or that it was overtaken before. */
export type Settled = { readonly [releaseCommit: string]: string }

/**
 * Writes the rollbacks that Git has not heard of yet, each as one commit. What cannot be written stays in the journal, and `log` is told.
 */
export async function writeReverts({ root, environment, journal, log }: Settling, attempts = 3): Promise<Settled> {
  const written: { [releaseCommit: string]: string } = {}
  for (const pending of journal.now.pendingReverts) {
    const { releaseCommit } = pending
    const taken = { ...pending, names: pending.byHand ? [] : namesOf(journal.now, releaseCommit) }
    const commit = await persist(() => revertRelease(root, environment, releaseCommit, taken), attempts)
    if (commit instanceof Error) {
      log(`the rollback is done, but Git does not know it yet (${commit.message}); the next deploy or status writes it`)
      continue
    }
    written[releaseCommit] = commit
    const left = (other: PendingRevert) => other.releaseCommit !== releaseCommit
    await journal.write({ pendingReverts: journal.now.pendingReverts.filter(left) })
  }
  return written
}

/** Writes the promotions that Git has not heard of yet; what cannot be written stays in the journal, and `log` is told. */
export async function writePromotions({ root, environment, journal, log }: Settling, attempts = 3): Promise<Settled> {
  const written: { [releaseCommit: string]: string } = {}
  for (const releaseCommit of journal.now.pendingPromotions) {
    const names = namesOf(journal.now, releaseCommit)
    const { [releaseCommit]: evidence, ...passed } = journal.now.passed
    const commit = await persist(() => promoteRelease(root, environment, releaseCommit, names, evidence), attempts)
    if (commit instanceof Error) {
      log(`promoted, but Git does not know it yet (${commit.message}); the next deploy or status writes it`)
      continue
    }
    written[releaseCommit] = commit
    const left = journal.now.pendingPromotions.filter((other) => other !== releaseCommit)
    await journal.write({ pendingPromotions: left, passed })
  }
  return written
}

/**
 * Tells the registry where models run now, once Git says so; without a registry nobody asks. What it does not hear stays in the journal for the next deploy; what Git has gone on from
 * meanwhile is not told any more.
 */
export async function writeAliases(
  { root, environment, journal, log }: Settling,
  registry: Registry | null,
): Promise<void> {
  const { pendingAliases, pendingReverts, pendingPromotions } = journal.now
  if (!registry || Object.keys(pendingAliases).length === 0) return
  const unheard = pendingReverts.length + pendingPromotions.length > 0
  const ledger = unheard ? undefined : await fetchLedger(root).catch(() => undefined)
  if (!ledger || ledger.stale !== undefined) {
    log(`the registry hears of ${Object.keys(pendingAliases).join(' and ')} once Git knows; the next deploy tells it`)
    return
  }
  for (const [alias, version] of Object.entries(pendingAliases)) {
    // Elsewhere another release may have taken its place since.
    const found = await findRelease(
      root,
      ledger.tip,
      environment,
      'promoted',
      (file) => alias === environment || file.release?.model.version === version,
    )
    if (found?.release.model.version !== version) {
      log(`the alias ${alias} is not set to version ${version}: Git says otherwise by now`)
      const { [alias]: _past, ...left } = journal.now.pendingAliases
      await journal.write({ pendingAliases: left })
      continue
    }
    const failed = await registry.setAlias(alias, version).catch((error: Error) => error)
    if (failed instanceof Error) {
      log(`the alias ${alias} could not be set to version ${version} (${failed.message}); the next deploy sets it`)
      continue
    }
    const { [alias]: _done, ...left } = journal.now.pendingAliases
    await journal.write({ pendingAliases: left })
  }
}

/** An origin that took so long to say no is not asked again: what waits for this is a rollout that has ended. */
const patienceMs = 15_000

async function persist(write: () => Promise<string>, attempts: number): Promise<string | Error> {
  const began = performance.now()
  for (let attempt = 1; ; attempt++) {
    try {
      return await write()
    } catch (error) {
      if (attempt >= attempts || performance.now() - began > patienceMs) return error as Error
      await sleep(500 * 2 ** attempt)
    }
  }
}
