import { join } from 'node:path'
import { request } from 'undici'
import { verifyBundle } from '../tracking/manifest.ts'
import { loadEnvironment } from './environment.ts'
import { findRelease, historyAt, releaseFileAt } from './history.ts'
import { type Member, readJournal } from './journal.ts'
import { fetchLedger } from './ledger.ts'
import { requireOnMain } from './on-main.ts'
import { queueOf } from './queue.ts'
import type { Release } from './release.ts'
import { stateDir } from './targets/files.ts'
import { gatewayAddress, readMembers } from './targets/gateway-client.ts'
import { createHost } from './targets/host.ts'
import { processesOf } from './targets/processes.ts'
import type { Said } from './verify.ts'

/** What `verify` asks of a model registry. */
export type AskedRegistry = {
  readonly alias: (name: string) => Promise<{ readonly version: number; readonly digest: string } | null>
  readonly versionOf: (model: string, digest: string) => Promise<number | null>
}

/** Asks everybody what an environment runs: Git, the registry, the bundle's own bytes, the servers and the gateway of this machine. Changes nothing. */
export async function askAll(root: string, environment: string, registry: AskedRegistry | null): Promise<Said> {
  const state = stateDir(root, environment)
  const journal = await readJournal(state)
  const git = await askGit(root, environment)
  const digest = git.promoted?.model.digest
  return {
    environment,
    git,
    registry:
      registry && git.promoted
        ? {
            alias: await registry.alias(environment),
            version: await registry.versionOf(git.promoted.model.name, git.promoted.model.digest),
            pending: Object.keys(journal.pendingAliases).length > 0,
          }
        : null,
    bundle: digest ? await askBundle(state, digest) : null,
    servers: await askServers(root, state, environment, { stable: journal.stable, canary: journal.canary }),
    gateway: await askGateway(state),
  }
}

async function askGit(root: string, environment: string): Promise<Said['git']> {
  const { tip, stale } = await fetchLedger(root)
  const promoted = await findRelease(root, tip, environment, 'promoted', () => true)
  const { release: file } = await releaseFileAt(root, tip, environment)
  const open = queueOf(await historyAt(root, tip, environment)).releases.length > 0
  const refused = promoted && (await requireOnMain(root, promoted.release.commit, environment).catch(messageOf))
  return { promoted: promoted?.release ?? null, file, open, offMain: refused ?? null, stale: stale ?? null }
}

async function askBundle(state: string, digest: string): Promise<Said['bundle']> {
  const dir = join(state, 'bundles', digest.replace(':', '-'))
  try {
    return { digest: (await verifyBundle(dir)).digest }
  } catch (error) {
    if ((error as { cause?: NodeJS.ErrnoException }).cause?.code === 'ENOENT' && !(await journalled(state))) return null
    return { broken: messageOf(error as Error) }
  }
}

/** Whether the environment ever ran here: only then has its bundle to be here. */
async function journalled(state: string): Promise<boolean> {
  return (await readJournal(state)).stable !== null
}

async function askServers(
  root: string,
  state: string,
  name: string,
  arms: { readonly stable: Member | null; readonly canary: Member | null },
): Promise<Said['servers']> {
  const environment = await loadEnvironment(root, name)
  const bundle = () => Promise.reject(new Error('verify starts nothing'))
  const target = createHost({ root, state, name, environment, bundle })
  const members = (['stable', 'canary'] as const).flatMap((arm) => (arms[arm] ? [{ arm, member: arms[arm] }] : []))
  const found = await target.observe(members.map(({ member }) => member))
  return members.map(({ arm, member }, index) => {
    const { pid = null, digest = null } = found[index] ?? {}
    return { arm, release: member.release satisfies Release, pid, digest }
  })
}

/** Asks as a client does: through the gateway. */
async function askGateway(state: string): Promise<Said['gateway']> {
  const address = await gatewayAddress(state)
  const running = (await processesOf(state)).some(({ pid, id }) => id === 'gateway' && pid === address?.pid)
  if (!running || !address) return null
  const weight = (await readMembers(state).catch(() => undefined))?.weight ?? 0
  try {
    const url = `http://127.0.0.1:${address.port}/ready`
    const answer = await request(url, { headersTimeout: 3000, bodyTimeout: 3000 })
    const { digest } = (await answer.body.json()) as { readonly digest?: unknown }
    return { digest: typeof digest === 'string' ? digest : null, weight }
  } catch {
    return { digest: null, weight }
  }
}

const messageOf = (error: Error) => error.message
