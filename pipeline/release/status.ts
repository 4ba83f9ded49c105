import { environmentNames, loadEnvironment } from './environment.ts'
import { historyAt, releaseFileAt } from './history.ts'
import { lockEnvironment, type Member, openJournal, readJournal } from './journal.ts'
import { fetchLedger } from './ledger.ts'
import { queueOf } from './queue.ts'
import type { Held, Release } from './release.ts'
import { writePromotions, writeReverts } from './settle.ts'
import { stateDir } from './targets/files.ts'
import { gatewayAddress, readMembers } from './targets/gateway-client.ts'
import { createHost } from './targets/host.ts'
import { processesOf } from './targets/processes.ts'

export type MemberStatus = {
  /** `kept`: what served before, still started. */
  readonly arm: 'stable' | 'canary' | 'kept'
  readonly release: Release
  readonly port: number
  readonly pid: number | null
  readonly ready: boolean
  /** What the server itself says it serves; null where nobody answers. */
  readonly digest: string | null
}
export type EnvironmentStatus = {
  readonly environment: string
  /** What Git says should run, and what is barred. `stale`: origin could not be asked, and why. */
  readonly release: Release | null
  readonly held: readonly Held[]
  readonly stale?: string
  readonly members: readonly MemberStatus[]
  readonly gateway: { readonly url: string; readonly pid: number } | null
  /** The canary's share of prediction requests, 0 to 1. */
  readonly weight: number
  /** The rollout under way, or held, and why. */
  readonly rollout: {
    readonly id: string
    readonly phase: string
    readonly release: Release
    readonly held?: string
  } | null
  /** The release that Git has as open, and who rolls it out. */
  readonly open: { readonly releaseCommit: string; readonly holder: string; readonly since: string } | null
  /** What was asked for and not begun, oldest first. */
  readonly requests: readonly { readonly id: string; readonly commit: string; readonly at: string }[]
  /** Releases taken back that Git has not heard of. */
  readonly pendingReverts: readonly string[]
}

/** What every environment should run, and what is found. Writes rollbacks and promotions that Git has not heard of yet, where no deploy is busy. */
export async function status(root: string, log: (line: string) => void = () => {}): Promise<EnvironmentStatus[]> {
  const all: EnvironmentStatus[] = []
  for (const name of await environmentNames(root)) all.push(await statusOf(root, name, log))
  return all
}

async function statusOf(root: string, name: string, log: (line: string) => void): Promise<EnvironmentStatus> {
  const state = stateDir(root, name)
  const pending = await readJournal(state)
  if (pending.pendingReverts.length + pending.pendingPromotions.length > 0) await catchUp(root, name, state, log)
  const { stable, canary, kept, rollout, pendingReverts } = await readJournal(state)
  const { tip, stale } = await fetchLedger(root)
  const { release, held } = await releaseFileAt(root, tip, name)
  const { releases, requests } = queueOf(await historyAt(root, tip, name))
  const [open] = releases
  const environment = await loadEnvironment(root, name)
  const target = createHost({
    root,
    state,
    name,
    environment,
    bundle: () => Promise.reject(new Error('status starts nothing')),
  })
  const arms = [
    ['stable', stable],
    ['canary', canary],
    ['kept', kept?.member ?? null],
  ] as const
  const members = arms.filter((arm): arm is readonly [MemberStatus['arm'], Member] => arm[1] !== null)
  const found = await target.observe(members.map(([, member]) => member))
  const address = await gatewayAddress(state)
  const running = (await processesOf(state)).some(({ pid, id }) => id === 'gateway' && pid === address?.pid)
  const routed = running ? await readMembers(state).catch(() => undefined) : undefined
  return {
    environment: name,
    release,
    held,
    ...(stale === undefined ? {} : { stale }),
    members: members.map(([arm, member], index) => {
      const { pid = null, ready = false, digest = null } = found[index] ?? {}
      return { arm, release: member.release, port: member.port, pid, ready, digest }
    }),
    gateway: running && address ? { url: `http://127.0.0.1:${address.port}`, pid: address.pid } : null,
    weight: routed?.weight ?? 0,
    rollout: rollout && {
      id: rollout.id,
      phase: rollout.phase,
      release: rollout.release,
      ...(rollout.held ? { held: rollout.held } : {}),
    },
    open: open ? { releaseCommit: open.entry.commit, holder: open.holder ?? 'unknown', since: open.since } : null,
    requests: requests.map(({ request = '', about = '', at }) => ({ id: request, commit: about, at })).reverse(),
    pendingReverts: pendingReverts.map((pending) => pending.releaseCommit),
  }
}

async function catchUp(root: string, environment: string, state: string, log: (line: string) => void): Promise<void> {
  try {
    await using _lock = await lockEnvironment(state, environment)
    const settling = { root, environment, journal: await openJournal(state), log }
    await writeReverts(settling, 1)
    await writePromotions(settling, 1)
  } catch (error) {
    log((error as Error).message)
  }
}
