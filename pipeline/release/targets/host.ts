import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import type { Environment } from '../environment.ts'
import { followEvents } from '../events-log.ts'
import type { Member } from '../journal.ts'
import type { ReleasedModel } from '../release.ts'
import { apiKeyOf } from './api-key.ts'
import { codeOf, storeBundle } from './code.ts'
import { dockerLauncher } from './docker-launcher.ts'
import { missingEvents, putMembers, readMembers, sayOfTrial } from './gateway-client.ts'
import { ensureGateway } from './gateway-process.ts'
import { removeOldEvents } from './old-events.ts'
import { freePort } from './ports.ts'
import { processLauncher } from './process-launcher.ts'
import { smokeTest } from './smoke-test.ts'
import type { Routes, Target } from './target.ts'
import { warmUp } from './warm-up.ts'

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

/** The target `host`, with servers as processes or containers: one gateway that stays, members behind it on ports of the loopback address. */
export function createHost({ root, state, name, environment, bundle, log = () => {} }: HostOptions): Target {
  const code = (commit: string) => codeOf(root, state, commit, log)
  const stored = ({ release: { model } }: Pick<Member, 'release'>) =>
    storeBundle(state, model.digest, () => bundle(model))
  const urlOf = (member: Member) => `http://127.0.0.1:${member.port}`
  const options = { state, name, code, stored }
  const launcher =
    environment.host.launcher === 'docker' ? dockerLauncher(options, environment.host) : processLauncher(options)
  const addressOf = (member: Member | null) => member && { url: urlOf(member), digest: member.release.model.digest }

  return {
    url: `http://127.0.0.1:${environment.host.port}`,
    open: (commit) => ensureGateway(state, name, environment.host.port, () => code(commit)),
    async prepare(release) {
      await code(release.commit)
      await stored({ release })
      await launcher.prepare(release)
    },
    place: async () => ({ id: randomBytes(4).toString('hex'), port: await freePort() }),
    async start(member) {
      const lost = (said: string) => /port .* is in use|EADDRINUSE|address already in use/.test(said)
      const launched = (await launcher.pids(member.id)).length === 0
      if (launched) await launcher.launch(member)
      let begun: number | undefined
      for (const until = Date.now() + startMs; Date.now() < until; await sleep(50)) {
        const [ready, pids] = [await readiness(urlOf(member)), await launcher.pids(member.id)]
        const ours = ready !== undefined && launcher.isOurs(ready.pid, pids)
        // One that was found running may say that it has too much to do: that is no reason to wait for it, or to end it.
        if (ours && ready.digest === member.release.model.digest && (ready.ready || !launched)) return { ready: true }
        // Somebody else answers there: ours lost the port, or never had it.
        const portLost = ready !== undefined && !ours
        begun ??= pids[0]
        // Docker starts one that ended again, so soon that it need not be seen to be gone.
        const ended = pids.length === 0 || (launched && pids[0] !== begun)
        if (!ended && !portLost) continue
        const said = await launcher.lastWords(member)
        await launcher.end(member.id, 0)
        return {
          ready: false,
          portLost: portLost || lost(said),
          why: `the server ended before it was ready: ${said}`,
        }
      }
      const said = await launcher.lastWords(member)
      await launcher.end(member.id, 0)
      return { ready: false, portLost: false, why: `not ready within ${startMs / 1000} s: ${said}` }
    },
    async smokeTest(member) {
      const asked = { url: urlOf(member), key: (await apiKeyOf(state)).key, bundle: await stored(member) }
      const wrong = await smokeTest({ ...asked, digest: member.release.model.digest })
      if (wrong === null) await warmUp(asked)
      return wrong
    },
    async route({ stable, canary, said, ...rest }: Routes) {
      await putMembers(state, { ...rest, stable: addressOf(stable), canary: addressOf(canary) })
      if (said !== undefined) void sayOfTrial(state, said)
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
      await launcher.end(member.id)
    },
    async sweep(keep) {
      const known = new Set(keep.map(({ id }) => id))
      const left = new Set((await launcher.ids()).filter((id) => !known.has(id)))
      await Promise.all([...left].map((id) => launcher.end(id)))
    },
    forget: (open) => removeOldEvents(join(state, 'events'), open, log),
    async observe(members) {
      return Promise.all(
        members.map(async (member) => {
          const [ready, pids] = [await readiness(urlOf(member)), await launcher.pids(member.id)]
          const ours = ready && launcher.isOurs(ready.pid, pids) ? ready : undefined
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
