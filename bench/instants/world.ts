import type { RolloutEvent } from '../../pipeline/release/event.ts'
import type { Member } from '../../pipeline/release/journal.ts'
import type { Routes, Target } from '../../pipeline/release/targets/target.ts'

/** One request of the traffic, at the canary's weight; its number and its time are given by who books it. */
export type Draw = (weight: number, canary: Member | null) => RolloutEvent

/** What an environment runs on, in memory: servers and routes outlive whoever changes them. */
export type World = {
  readonly running: Map<string, Member>
  routes: Routes | undefined
  /** Every weight that was set, by rollout, where it changed. */
  readonly weights: Map<string, number[]>
  /** Most servers that ran at once. */
  most: number
  /** Digests of models whose server predicts its golden records wrong, or does not start. */
  readonly broken: Set<string>
  readonly gone: Set<string>
  /** Requests at each look. */
  traffic: number
  next: number
  readonly logs: Map<string, unknown[]>
}

/** A world in which `running` serves. */
export function makeWorld(running: readonly Member[] = []): World {
  const [stable = null] = running
  return {
    ...{ running: new Map(running.map((member) => [member.id, member])), weights: new Map(), most: running.length },
    routes: stable ? { rollout: null, stable, canary: null, weight: 0 } : undefined,
    ...{ broken: new Set(), gone: new Set(), traffic: 400, next: 0, logs: new Map() },
  }
}

/** The target of one command. `step` is asked before and after each change, and may throw or never answer: then the command is killed there. */
export function targetOf(world: World, draw: Draw, step: (what: string) => Promise<void> = async () => {}): Target {
  const { running, logs, weights } = world
  const change = async (what: string, make: () => void) => {
    await step(`before ${what}`)
    make()
    await step(`after ${what}`)
  }
  return {
    url: 'http://127.0.0.1:1',
    open: () => change('open', () => {}),
    prepare: () => change('prepare', () => {}),
    place: async () => ({ id: `m${++world.next}`, port: 1000 + world.next }),
    async start(member) {
      if (world.gone.has(member.release.model.digest)) return { ready: false, portLost: false, why: 'its disk is gone' }
      await change('start', () => {
        running.set(member.id, member)
        world.most = Math.max(world.most, running.size)
      })
      return { ready: true }
    },
    async smokeTest({ release }) {
      await step('before smoke test')
      return world.broken.has(release.model.digest) ? 'golden record 1 is wrong' : null
    },
    route: (routes) =>
      change('route', () => {
        world.routes = routes
        if (routes.rollout === null) return
        const before = weights.get(routes.rollout) ?? []
        if (before.at(-1) !== routes.weight) weights.set(routes.rollout, [...before, routes.weight])
      }),
    events(rollout) {
      // Each read brings some traffic, as the routes are at that moment; the log is kept, and read from its beginning.
      const log = logs.get(rollout) ?? []
      logs.set(rollout, log)
      let position = 0
      return {
        async read() {
          await step('before events')
          const { routes, traffic } = world
          if (routes?.rollout === rollout && routes.weight > 0)
            for (let i = 0; i < traffic; i++)
              log.push({ ...draw(routes.weight, routes.canary), n: log.length + 1, at: Date.now() })
          const fresh = log.slice(position)
          position = log.length
          return fresh
        },
        missing: async () => null,
        close: async () => {},
      }
    },
    retire: (member) => change('retire', () => void running.delete(member.id)),
    async sweep(keep) {
      for (const id of [...running.keys()])
        if (!keep.some((member) => member.id === id)) await change('sweep', () => void running.delete(id))
    },
    forget: async () => {},
    observe: async (members) =>
      members.map(({ id, release }) =>
        running.has(id)
          ? { id, pid: 1, ready: true, digest: release.model.digest }
          : { id, pid: null, ready: false, digest: null },
      ),
  }
}
