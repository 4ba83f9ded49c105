import { join } from 'node:path'
import type { Members } from '../../pipeline/gateway-members.ts'
import { createDraws } from './draws.ts'
import { type Event, type EventLog, openEventLog } from './events.ts'
import { createInOrder, type InOrder } from './in-order.ts'

/** A rollout's draws and events; `users` are the requests that will still book one. */
export type Trial = {
  readonly rollout: string
  readonly draw: () => number
  readonly log: EventLog
  /** Where events wait for those of earlier draws: booked as they end, those of the quicker arm would come first, and the next one would not be the canary's with the probability of its draw. */
  readonly order: InOrder<Event>
  users: number
}

export type Trials = {
  /** The trial of these members' rollout; undefined when there is none. Throws when its events file cannot be opened. */
  open(members: Members): Trial | undefined
  /** Closes the events files of all rollouts but `current` that nobody needs any more. */
  retire(current: () => Trial | undefined): Promise<void>
  close(): Promise<void>
}

/** Keeps the events files of `folder` open by rollout: one that requests in flight still need is found again, never opened twice. */
export function createTrials(folder: string): Trials {
  const trials = new Map<string, Trial>()
  return {
    open({ rollout, seed }) {
      if (rollout === null) return undefined
      const known = trials.get(rollout)
      if (known) return known
      const log = openEventLog(join(folder, 'events', `${rollout}.jsonl`), seed)
      const order = createInOrder<Event>((event) => log.append(event))
      const trial = { rollout, draw: createDraws(log.seed), log, order, users: 0 }
      trials.set(rollout, trial)
      return trial
    },
    async retire(current) {
      for (const trial of trials.values()) {
        if (trial === current()) continue
        await trial.log.flush()
        // It may have come back while its last lines were written, and lines that a full disk refused are still tried.
        const needed = trial === current() || trial.users > 0 || trial.log.pending > 0
        if (needed || trials.get(trial.rollout) !== trial) continue
        trials.delete(trial.rollout)
        trial.log.close()
      }
    },
    async close() {
      for (const { log } of trials.values()) {
        await log.flush()
        log.close()
      }
    },
  }
}
