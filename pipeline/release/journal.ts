import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import type { Mirror } from '../gateway-members.ts'
import { takeLock } from '../lock.ts'
import type { Evidence } from './message.ts'
import type { Release } from './release.ts'
import { readJson, writeDurably } from './targets/files.ts'
import type { Verdict, VerdictPolicy } from './verdict.ts'

/** A server of an environment. Its id and port are journalled before it is started, so that no start is ever forgotten. */
export type Member = {
  readonly id: string
  readonly port: number
  readonly release: Release
  readonly releaseCommit: string
}

/**
 * The change from one release to another. It goes starting → trial → promoting, or from any of them → rolling back; each phase may be
 * begun again by whoever comes after. `policy` is null where nothing serves yet, or the environment has no canary steps.
 */
export type Rollout = {
  readonly id: string
  readonly phase: 'starting' | 'trial' | 'promoting' | 'rolling back'
  readonly releaseCommit: string
  readonly release: Release
  readonly policy: VerdictPolicy | null
  readonly seed: number
  /** For the canary before it has a share. */
  readonly mirror?: Mirror
  readonly stickyHeader?: string
  /** How long the release before stays started once this one serves. */
  readonly keepMs?: number
  /** The release before is ended first: nobody is answered meanwhile. */
  readonly recreates?: true
  readonly timeoutMs: number
  readonly canaryRequests: number
  /** Why it is held: at the last deadline the evidence to promote was missing. */
  readonly held?: string
  /** Why it is rolled back. */
  readonly evidence?: Evidence
  readonly verdict?: Verdict
  /** True where it could not even be tried, as when its bundle is out of reach: that bars nothing. */
  readonly untried?: true
  /** Who withdrew it before it was decided. */
  readonly withdrawn?: { readonly by: string; readonly why: string; readonly hold: boolean }
  /** On whose word it is promoted although evidence is missing. */
  readonly override?: { readonly by: string; readonly why: string }
  /** Where somebody goes back to what ran before: what is taken back by that, newest first. */
  readonly undoes?: {
    readonly releases: readonly { readonly release: Release; readonly releaseCommit: string }[]
    readonly by: string
    readonly why: string
    readonly hold: boolean
    readonly since: string
  }
}

/** A rollback whose commit could not be written: traffic is back, Git still has to hear of it. */
export type PendingRevert = {
  readonly releaseCommit: string
  readonly release: Release
  readonly back: Release | null
  /** Whether the pair is barred: not where the deadline alone took it back. */
  readonly hold: boolean
  readonly evidence: Evidence
  readonly since: string
  /** True where what served before does not start again: nobody is answered. */
  readonly unserved?: true
  /** True where somebody took it back: whoever rolled it out, and under which name. */
  readonly byHand?: true
  /** True where it is a rollback of what had been promoted: run again, that one is told of, and nothing else is taken back. */
  readonly goesBack?: true
}

/** What is known of an environment on this machine; the one file that a killed deploy leaves to the next. */
export type Journal = {
  readonly format: 1
  readonly stable: Member | null
  readonly canary: Member | null
  readonly rollout: Rollout | null
  /** What served before, still started until then (ms of the epoch): to go back to it takes no start. */
  readonly kept: { readonly member: Member; readonly until: number } | null
  readonly pendingReverts: readonly PendingRevert[]
  /** Release commits whose promotion Git has not heard of. */
  readonly pendingPromotions: readonly string[]
  /** What these were promoted on. */
  readonly passed: { readonly [releaseCommit: string]: Evidence }
  /** Under which name each release that is not settled yet was rolled out from here: release commit → holder. */
  readonly holders: { readonly [releaseCommit: string]: string }
  /** Under which name the newest command asked for its turn: Git may have given it one before `holders` could say so. */
  readonly asking: string | null
  /** Aliases that the registry still has to be told: alias → version. */
  readonly pendingAliases: { readonly [alias: string]: number }
}

export const emptyJournal: Journal = {
  format: 1,
  stable: null,
  canary: null,
  rollout: null,
  kept: null,
  pendingReverts: [],
  pendingPromotions: [],
  passed: {},
  holders: {},
  asking: null,
  pendingAliases: {},
}

/** Lets one command at a time change an environment on this machine; released when disposed. Throws InputError naming the process that holds it. */
export async function lockEnvironment(state: string, environment: string): Promise<AsyncDisposable> {
  await mkdir(state, { recursive: true })
  const lock = await takeLock(join(state, 'lock'))
  if ('holder' in lock)
    throw new InputError(
      `${environment}: process ${lock.holder} is changing it already; wait until it is done, or end it`,
    )
  return lock
}

const fileOf = (state: string) => join(state, 'journal.json')

export async function readJournal(state: string): Promise<Journal> {
  return { ...emptyJournal, ...((await readJson(fileOf(state))) as Journal | undefined) }
}

/** A journal in hand: `now` is what the disk has. */
export type OpenJournal = { readonly now: Journal; write(change: Partial<Journal>): Promise<void> }

/** For the holder of the environment's lock only. */
export async function openJournal(state: string): Promise<OpenJournal> {
  let now = await readJournal(state)
  return {
    get now() {
      return now
    },
    async write(change) {
      const next = { ...now, ...change }
      await writeDurably(fileOf(state), `${JSON.stringify(next, null, 1)}\n`)
      now = next
    },
  }
}

/** The names under which this machine may hold a release, as far as the journal knows. */
export function namesOf({ holders, asking }: Journal, releaseCommit: string): readonly string[] {
  return [holders[releaseCommit], asking].filter((name) => typeof name === 'string')
}
