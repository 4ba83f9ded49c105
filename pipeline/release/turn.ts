import { setTimeout as sleep } from 'node:timers/promises'
import { InputError, RefusedError } from '../errors.ts'
import { appendToLedger } from './append.ts'
import type { Asked, Decision, Over } from './asked.ts'
import { decide } from './decide.ts'
import { requireIdentity } from './git.ts'
import { nameOf } from './release.ts'

/** The release is recorded and held by who asked; or nothing is left to do, as `entry`, a commit of the ledger, says. */
export type Turn =
  | { readonly kind: 'go'; readonly releaseCommit: string }
  | (Omit<Over, 'entry'> & { readonly entry: string })

type Waiting = {
  /** Brings what the release needs, before it is recorded; may be called more than once. */
  readonly prepare: () => Promise<void>
  readonly log: (line: string) => void
  readonly signal?: AbortSignal | undefined
  /** Between two looks, on average; half as much at least. */
  readonly pollMs: number
}

/**
 * Waits until nobody else rolls a release out to the environment, then records this one as the one that is: the ledger's push is the lock. Throws RefusedError for a
 * pair on hold, InputError when `signal` ends the wait.
 */
export async function takeTurn(asked: Asked, { prepare, log, signal, pollMs }: Waiting): Promise<Turn> {
  await requireIdentity(asked.root)
  for (let told = ''; ; ) {
    // Whoever has to wait, or is overtaken, needs nothing brought.
    const first = await ask(asked, ({ kind }) => kind === 'over')
    if (first.decision.kind === 'over') return over(first.decision, first.commit)
    if (first.decision.kind === 'go') {
      await prepare()
      const { decision, commit } = await ask(asked, ({ kind }) => kind !== 'wait')
      if (decision.kind === 'over') return over(decision, commit)
      if (decision.kind === 'go') return { kind: 'go', releaseCommit: decision.releaseCommit ?? commit }
      continue
    }
    const { open, release } = first.decision
    const line = `${asked.environment}: waiting for ${open.holder}, who rolls out ${release ? nameOf(release) : open.entry.commit.slice(0, 12)} since ${open.since}`
    if (line !== told) log(line)
    told = line
    await sleep(pollMs * (0.5 + Math.random()), undefined, signal ? { signal } : {}).catch(() => {
      throw new InputError(
        `${asked.environment}: interrupted while it waited for ${open.holder}; nothing was released, run the same command again`,
      )
    })
  }
}

/** A decision on the newest tip, written onto it where `writes` says so. */
async function ask(asked: Asked, writes: (decision: Decision) => boolean) {
  let decision: Decision | undefined
  const commit = await appendToLedger(asked.root, async (tip) => {
    decision = await decide(asked, tip)
    return decision.kind !== 'wait' && writes(decision) ? decision.entry : { already: '' }
  })
  if (!decision) throw new Error('nothing was decided')
  return { decision, commit }
}

function over({ outcome, reason, entry: _planned, ...more }: Over, entry: string): Turn {
  if (outcome === 'refused') throw new RefusedError(reason)
  return { ...more, outcome, reason, entry }
}
