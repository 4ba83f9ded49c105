import type { Pool } from 'undici'
import type { Event } from './events.ts'
import { type Arm, type Member, type Members, writeMembers } from './members.ts'
import { createPools } from './pools.ts'
import { createTrials, type Trial } from './trials.ts'

type Counts = { requests: number; errors: number }

/** A request's hold on the members it met: they stay reachable, and its rollout's events file open, until it lets go. */
export type Hold = {
  readonly members: Members
  /** The arm that answers first. Each call is a draw: one for each prediction request. */
  drawArm(): Arm
  pool(arm: Arm): Pool
  book(event: Event): void
  release(): void
}

export type Status = Members & {
  readonly inFlight: Readonly<Record<string, number>>
  readonly counts: Readonly<Record<Arm, Readonly<Counts>>>
  readonly eventsFailing?: string
  readonly eventsLost?: number
}

export type Switchboard = {
  hold(): Hold
  /** Changes the members for every request that comes after the call; resolves when they are persisted and the events so far are written. */
  change(members: Members): Promise<void>
  members(): Members
  status(): Status
  close(): Promise<void>
}

/**
 * Keeps who answers. One plain value is read per request and replaced as a whole, so a request sees the members before a change or after it, never a mixture.
 * A share with a lease goes back to stable when the lease ends, until the next change; the canary stays named. `folder` holds members.json and events/<rollout>.jsonl.
 */
export function createSwitchboard(folder: string, first: Members, log: (line: string) => void): Switchboard {
  const pools = createPools()
  const trials = createTrials(folder)
  let members = first
  let unopened: string | undefined
  let trial = openTrial(first)
  let counts = noCounts()
  let changing: Promise<void> = Promise.resolve()

  function openTrial(next: Members): Trial | undefined {
    unopened = undefined
    try {
      return trials.open(next)
    } catch (error) {
      // Clients are served all the same; who reads the status sees that there is no evidence.
      unopened = `events/${next.rollout}.jsonl cannot be opened: ${(error as Error).message}`
      log(unopened)
      return undefined
    }
  }

  let lease: NodeJS.Timeout | undefined
  function beginLease(): void {
    clearTimeout(lease)
    const { leaseMs, ...unwatched } = members
    if (leaseMs === undefined || members.weight === 0) return
    lease = setTimeout(() => {
      log(`nobody renewed the lease of ${leaseMs} ms: the canary gets no more requests until members are put again`)
      change({ ...unwatched, weight: 0 }).catch((error: Error) => log(`members.json: ${error.message}`))
    }, leaseMs)
  }
  beginLease()

  const settle = () => pools.settle([members.stable?.url, members.canary?.url])

  async function persist(next: Members): Promise<void> {
    await trial?.log.flush()
    await trials.retire(() => trial)
    writeMembers(folder, next)
  }

  function change(next: Members): Promise<void> {
    if (next.rollout !== members.rollout) counts = noCounts()
    members = next
    trial = openTrial(next)
    settle()
    beginLease()
    changing = changing.catch(() => {}).then(() => persist(next))
    return changing
  }

  return {
    hold() {
      const held = { members, trial, counts }
      const urls = reachable(members)
      pools.count(urls, 1)
      if (held.trial) held.trial.users += 1
      return {
        members: held.members,
        drawArm() {
          if (held.members.canary === null || held.members.weight === 0) return 'stable'
          const draw = held.trial?.draw() ?? Math.random()
          return draw < held.members.weight ? 'canary' : 'stable'
        },
        pool: (arm) => pools.get((held.members[arm] as Member).url),
        book(event) {
          const tally = held.counts[event.arm]
          tally.requests += 1
          if (isError(event.status)) tally.errors += 1
          held.trial?.log.append(event)
        },
        release() {
          pools.count(urls, -1)
          if (held.members !== members) settle()
          if (!held.trial) return
          held.trial.users -= 1
          if (held.trial.users === 0 && held.trial !== trial) void trials.retire(() => trial)
        },
      }
    },
    change,
    members: () => members,
    status() {
      const failing = trial?.log.failing ?? unopened
      return {
        ...members,
        inFlight: pools.inFlight(),
        counts,
        ...(failing === undefined ? {} : { eventsFailing: failing }),
        ...(trial && trial.log.lost > 0 ? { eventsLost: trial.log.lost } : {}),
      }
    },
    async close() {
      clearTimeout(lease)
      await changing.catch(() => {})
      await trials.close()
      await pools.destroy()
    },
  }
}

const isError = (status: number) => status === 0 || status === 408 || status === 429 || status >= 500

/** Whom a request that meets these members may ask: a canary without weight is named, and asked by nobody. */
function reachable({ stable, canary, weight }: Members): readonly string[] {
  const urls = [stable?.url, weight > 0 ? canary?.url : undefined]
  return [...new Set(urls.filter((url) => url !== undefined))]
}

const noCounts = (): Record<Arm, Counts> => ({ stable: { requests: 0, errors: 0 }, canary: { requests: 0, errors: 0 } })
