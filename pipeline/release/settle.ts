import { setTimeout as sleep } from 'node:timers/promises'
import { promoteRelease, revertRelease } from './decided.ts'
import { namesOf, type OpenJournal, type PendingRevert } from './journal.ts'

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

/** Tells the registry where models run now; without a registry nobody asks. What it does not hear stays in the journal for the next deploy. */
export async function writeAliases(
  { journal, log }: Omit<Settling, 'root' | 'environment'>,
  registry: Registry | null,
): Promise<void> {
  if (!registry) return
  for (const [alias, version] of Object.entries(journal.now.pendingAliases)) {
    const failed = await registry.setAlias(alias, version).catch((error: Error) => error)
    if (failed instanceof Error) {
      log(`the alias ${alias} could not be set to version ${version} (${failed.message}); the next deploy sets it`)
      continue
    }
    const { [alias]: _done, ...left } = journal.now.pendingAliases
    await journal.write({ pendingAliases: left })
  }
}

async function persist(write: () => Promise<string>, attempts: number): Promise<string | Error> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write()
    } catch (error) {
      if (attempt >= attempts) return error as Error
      await sleep(500 * 2 ** attempt)
    }
  }
}
