import { setTimeout as sleep } from 'node:timers/promises'
import { mostEvents } from './events-log.ts'
import { progressOf } from './evidence.ts'
import type { FollowedEvents } from './targets/target.ts'
import { createVerdict, type Verdict, type VerdictPolicy } from './verdict.ts'

export type Watched = {
  readonly policy: VerdictPolicy
  readonly events: FollowedEvents
  /** Gives the canary this share of the requests, at once, or copies of them where it is in the shadow; called again every second, which is how the target knows that somebody watches. `said`: the verdict so far, in one line. */
  readonly setShare: (share: Share, said: string) => Promise<void>
  /** Starts again what has to be there and ended; called every second, never two at once. `begun`: the canary has had a request, or a copy of one. */
  readonly tend: (begun: boolean) => Promise<void>
  readonly log: (line: string) => void
  readonly signal?: AbortSignal
}

/** What a canary gets: its weight among the requests, 0 to 1, and whether it answers copies for nobody. */
export type Share = { readonly weight: number; readonly shadow: boolean }

const lookMs = 50
const tellMs = 1000

/**
 * Watches a canary until the verdict: follows its events from the first one on, so a watch that was killed carries on where the log is, raises the weight
 * step by step, and takes all requests from the canary the moment the verdict is roll back, or when the deadline passed and the policy says hold.
 * A long log is read piece by piece: nothing is done about it before its end is reached, as who reads it whole would.
 */
export async function watch({ policy, events, setShare, tend, log, signal }: Watched): Promise<Verdict> {
  const { observe, setMissing, read } = createVerdict(policy)
  const now = steadyClock(policy.startedAt)
  let share: Share | undefined
  let given = 0
  let told = { at: 0, line: '' }
  let tended = Date.now()
  let tending: Promise<void> | undefined
  try {
    for (;;) {
      const fresh = await events.read().catch((error: Error) => error)
      // Asked after they were read and before they count: what was lost among them is known by now.
      setMissing(fresh instanceof Error ? `its events cannot be read (${fresh.message})` : await events.missing())
      if (Array.isArray(fresh)) for (const event of fresh) observe(event)
      if (isPiece(fresh)) continue
      const verdict = read(now())
      const stop = verdict.verdict !== 'hold' || verdict.expired || signal?.aborted === true
      // A promoted canary keeps its share until it is made stable.
      const wanted = verdict.verdict === 'promote' ? share : shareOf(verdict, stop)
      if (wanted && (wanted.weight !== share?.weight || wanted.shadow !== share.shadow)) {
        await setShare(wanted, progressOf(verdict, policy))
        share = wanted
        given = Date.now()
      } else if (share && !stop && Date.now() - given >= tellMs) {
        given = Date.now()
        // A gateway that ended goes on with the weight it had: it is started again by `tend`, which tells what is wrong.
        await setShare(share, progressOf(verdict, policy)).catch(() => {})
      }
      if (stop) return verdict
      const line = progressOf(verdict, policy)
      if (Date.now() - told.at >= tellMs && line !== told.line) {
        log(line)
        told = { at: Date.now(), line }
      }
      if (!tending && Date.now() - tended >= tellMs) {
        // Beside the watch, because a start takes seconds and the verdict must not wait for it.
        const { requests, pairs } = verdict.evidence
        tending = tend(requests.canary + pairs.seen > 0)
          .catch((error: Error) => log(error.message))
          .finally(() => {
            tended = Date.now()
            tending = undefined
          })
      }
      await sleep(lookMs)
    }
  } finally {
    await tending
    await events.close()
  }
}

/** The verdict on all that is known of a trial by now; closes its events. */
export async function judgeSoFar(events: FollowedEvents, policy: VerdictPolicy): Promise<Verdict> {
  const { observe, read } = createVerdict(policy)
  try {
    for (;;) {
      const fresh = await events.read()
      for (const event of fresh) observe(event)
      if (!isPiece(fresh)) return read(Date.now())
    }
  } finally {
    await events.close()
  }
}

/** Whether more of the log is there already. */
const isPiece = (fresh: readonly unknown[] | Error): boolean => Array.isArray(fresh) && fresh.length >= mostEvents

const shareOf = ({ weight, shadow }: Verdict, stop: boolean): Share =>
  stop ? { weight: 0, shadow: false } : { weight, shadow }

/** The time in ms of the epoch, which somebody who sets the machine's clock meanwhile does not move: a trial takes as long as its deadline says. */
function steadyClock(startedAt: number): () => number {
  const [began, ticks] = [Math.max(Date.now(), startedAt), performance.now()]
  return () => began + performance.now() - ticks
}
