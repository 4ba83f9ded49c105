import { setTimeout as sleep } from 'node:timers/promises'
import { progressOf } from './evidence.ts'
import type { FollowedEvents } from './targets/target.ts'
import { createVerdict, type Verdict, type VerdictPolicy } from './verdict.ts'

export type Trial = {
  readonly policy: VerdictPolicy
  readonly events: FollowedEvents
  /** Gives the canary this share of the requests, at once; called again every second, which is how the target knows that somebody watches. */
  readonly setWeight: (weight: number) => Promise<void>
  /** Starts again what has to be there for clients and ended; called every second, never two at once. */
  readonly tend: () => Promise<void>
  readonly log: (line: string) => void
  readonly signal?: AbortSignal
}

const lookMs = 50
const tellMs = 1000

/**
 * Watches a canary until the verdict: follows its events from the first one on, so a watch that was killed carries on where the log is, raises the weight
 * step by step, and takes all requests from the canary the moment the verdict is roll back, or when the deadline passed and the policy says hold.
 */
export async function watch({ policy, events, setWeight, tend, log, signal }: Trial): Promise<Verdict> {
  const { observe, setMissing, read } = createVerdict(policy)
  let weight: number | undefined
  let given = 0
  let told = { at: 0, line: '' }
  let tended = Date.now()
  let tending: Promise<void> | undefined
  try {
    for (;;) {
      const fresh = await events.read()
      // Asked after they were read and before they count: what was lost among them is known by now.
      setMissing(await events.missing())
      for (const event of fresh) observe(event)
      const verdict = read(Date.now())
      const stop = verdict.verdict !== 'hold' || verdict.expired || signal?.aborted === true
      // A promoted canary keeps its share until it is made stable.
      const wanted = verdict.verdict === 'promote' ? weight : stop ? 0 : verdict.weight
      if (wanted !== undefined && wanted !== weight) {
        await setWeight(wanted)
        weight = wanted
        given = Date.now()
      } else if (weight !== undefined && !stop && Date.now() - given >= tellMs) {
        given = Date.now()
        // A gateway that ended goes on with the weight it had: it is started again by `tend`, which tells what is wrong.
        await setWeight(weight).catch(() => {})
      }
      if (stop) return verdict
      const line = progressOf(verdict, policy)
      if (Date.now() - told.at >= tellMs && line !== told.line) {
        log(line)
        told = { at: Date.now(), line }
      }
      if (!tending && Date.now() - tended >= tellMs) {
        // Beside the watch, because a start takes seconds and the verdict must not wait for it.
        tending = tend()
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
