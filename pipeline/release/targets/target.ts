import type { Members } from '../../gateway-members.ts'
import type { Member } from '../journal.ts'
import type { Release } from '../release.ts'

/** Who answers an environment's clients, as the gateway is told it, with the servers as the journal knows them. A share without `leaseMs` is the canary's for good. */
export type Routes = Omit<Members, 'stable' | 'canary'> & {
  readonly stable: Member | null
  readonly canary: Member | null
  /** The verdict so far, in one line, for who looks at the gateway. */
  readonly said?: string
}

/** A member of an environment as it is found: `pid` null where no process is there, `ready` what its own `/ready` says. */
export type ObservedMember = {
  readonly id: string
  readonly pid: number | null
  readonly ready: boolean
  readonly digest: string | null
}

/** A rollout's events as they come: each read returns the next ones, `mostEvents` at most, and fewer where the end of what is there is reached. `missing` says why some are lost or cannot be written, or null. */
export type FollowedEvents = {
  read(): Promise<unknown[]>
  missing(): Promise<string | null>
  close(): Promise<void>
}

/**
 * What an environment runs on. Every verb may be asked for again: it does what is still missing. `prepare` brings code and bundle to where the
 * server finds them, before anything is recorded.
 */
export type Target = {
  readonly url: string
  /** Makes sure of the entry that clients talk to. Throws InputError when its port is in use by somebody else. */
  open(commit: string): Promise<void>
  prepare(release: Release): Promise<void>
  /** Where a new member would live. */
  place(): Promise<{ readonly id: string; readonly port: number }>
  /** Starts a member unless it runs, and waits until it is ready. Returns why not, in one line. */
  start(
    member: Member,
  ): Promise<{ readonly ready: true } | { readonly ready: false; readonly why: string; readonly portLost: boolean }>
  /** Asks a member for its bundle's golden records. Returns what it got wrong, in one line, or null. */
  smokeTest(member: Member): Promise<string | null>
  /** Changes who answers, at once and for all requests that come after. */
  route(routes: Routes): Promise<void>
  /** What the canary and stable did in a rollout. */
  events(rollout: string): FollowedEvents
  /** Waits until nobody is being answered by the member, then ends it. */
  retire(member: Member): Promise<void>
  /** Ends every process but those of these members and the entry. */
  sweep(keep: readonly Member[]): Promise<void>
  /** Removes the events of old trials; `open` names the rollout whose are kept in any case. */
  forget(open: string | null): Promise<void>
  observe(members: readonly Member[]): Promise<readonly ObservedMember[]>
}
