import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import type { Environment } from '../environment.ts'
import { followEvents } from '../events-log.ts'
import type { Member } from '../journal.ts'
import type { ReleasedModel } from '../release.ts'
import { apiKeyOf } from './api-key.ts'
import { codeOf, storeBundle } from './code.ts'
import { missingEvents, putMembers, readMembers } from './gateway-client.ts'
import { ensureGateway } from './gateway-process.ts'
import { freePort } from './ports.ts'
import { end, lastLines, launch, processesOf } from './processes.ts'
import { smokeTest } from './smoke-test.ts'
import type { Routes, Target } from './target.ts'

export type HostOptions = {
  readonly root: string
  readonly state: string
  readonly name: string
  readonly environment: Environment
  /** The folder of a released model's bundle; asked for when the environment does not have it yet. */
  readonly bundle: (model: ReleasedModel) => Promise<string>
  readonly log?: (line: string) => void
}

const startMs = 60_000
const drainMs = 15_000

/** The target `host` with servers as processes: one gateway that stays, members behind it on ports of the loopback address. */
export function createHost({ root, state, name, environment, bundle, log = () => {} }: HostOptions): Target {
  const code = (commit: string) => codeOf(root, state, commit, log)
  const stored = ({ release: { model } }: Pick<Member, 'release'>) =>
    storeBundle(state, model.digest, () => bundle(model))
  const urlOf = (member: Member) => `http://127.0.0.1:${member.port}`
  const addressOf = (member: Member | null) => member && { url: urlOf(member), digest: member.release.model.digest }
  const pidsOf = async (id: string) =>
    (await processesOf(state)).filter((process) => process.id === id).map(({ pid }) => pid)
  const logOf = (member: Member) => join(state, 'logs', `${member.id}.log`)

  async function spawn(member: Member): Promise<void> {
    const { hashFile } = await apiKeyOf(state)
    await mkdir(join(state, 'logs'), { recursive: true })
    await launch(state, {
      id: member.id,
      cwd: await code(member.release.commit),
      script: 'serve/server.ts',
      log: logOf(member),
      env: {
        MERGELINE_BUNDLE: await stored(member),
        MERGELINE_HOST: '127.0.0.1',
        MERGELINE_PORT: String(member.port),
        MERGELINE_API_KEYS_FILE: hashFile,
        MERGELINE_ENVIRONMENT: name,
        MERGELINE_AUDIT_DIR: join(state, 'audit', member.id),
        MERGELINE_AUDIT_SALT_FILE: join(state, 'audit-salt'),
        NODE_COMPILE_CACHE: join(state, 'compile-cache'),
      },
    })
  }

  return {
    url: `http://127.0.0.1:${environment.host.port}`,
    open: (commit) => ensureGateway(state, name, environment.host.port, () => code(commit)),
    async prepare(release) {
      await code(release.commit)
      await stored({ release })
    },
    place: async () => ({ id: randomBytes(4).toString('hex'), port: await freePort() }),
    async start(member) {
      if ((await pidsOf(member.id)).length === 0) await spawn(member)
      for (const until = Date.now() + startMs; Date.now() < until; await sleep(50)) {
        const [ready, pids] = [await readiness(urlOf(member)), await pidsOf(member.id)]
        if (ready && pids.includes(ready.pid) && ready.digest === member.release.model.digest) return { ready: true }
        // Somebody else answers there: ours lost the port, or never had it.
        const portLost = ready !== undefined && !pids.includes(ready.pid)
        if (pids.length > 0 && !portLost) continue
        await end(state, member.id, 0)
        const said = await lastLines(logOf(member))
        return {
          ready: false,
          portLost: portLost || /port .* is in use|EADDRINUSE/.test(said),
          why: `the server ended before it was ready: ${said}`,
        }
      }
      await end(state, member.id, 0)
      return {
        ready: false,
        portLost: false,
        why: `not ready within ${startMs / 1000} s: ${await lastLines(logOf(member))}`,
      }
    },
    async smokeTest(member) {
      const { key } = await apiKeyOf(state)
      return smokeTest({ url: urlOf(member), key, bundle: await stored(member), digest: member.release.model.digest })
    },
    async route({ stable, canary, ...rest }: Routes) {
      await putMembers(state, { ...rest, stable: addressOf(stable), canary: addressOf(canary) })
    },
    events: (rollout) => ({
      ...followEvents(join(state, 'events', `${rollout}.jsonl`)),
      missing: () => missingEvents(state, rollout),
    }),
    async retire(member) {
      for (const until = Date.now() + drainMs; Date.now() < until; await sleep(30)) {
        const status = await readMembers(state).catch(() => undefined)
        if (!status?.inFlight[urlOf(member)]) break
      }
      await end(state, member.id)
    },
    async sweep(keep) {
      const known = new Set(['gateway', ...keep.map(({ id }) => id)])
      const left = new Set((await processesOf(state)).map(({ id }) => id).filter((id) => !known.has(id)))
      await Promise.all([...left].map((id) => end(state, id)))
    },
    async observe(members) {
      return Promise.all(
        members.map(async (member) => {
          const [ready, pids] = [await readiness(urlOf(member)), await pidsOf(member.id)]
          const ours = ready && pids.includes(ready.pid) ? ready : undefined
          return {
            id: member.id,
            pid: ours?.pid ?? pids[0] ?? null,
            ready: ours?.ready === true,
            digest: ours?.digest ?? null,
          }
        }),
      )
    },
  }
}

/** What `/ready` of a server says, also when it says no; undefined when nobody answers. */
async function readiness(url: string): Promise<{ pid: number; digest: string; ready: boolean } | undefined> {
  try {
    const answer = await request(`${url}/ready`, { headersTimeout: 2000, bodyTimeout: 2000 })
    const {
      pid = 0,
      digest = '',
      ready = false,
    } = (await answer.body.json()) as { pid?: number; digest?: string; ready?: boolean }
    return { pid, digest, ready: answer.statusCode === 200 && ready }
  } catch {
    return undefined
  }
}
