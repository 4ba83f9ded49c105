import type { Member } from '../../pipeline/release/journal.ts'
import type { Routes, Target } from '../../pipeline/release/targets/target.ts'
import { source, type Traffic } from './traffic.ts'

/** A target in memory: what runs and who is routed to outlives whoever changes it. `before` is called before each change, and may throw: a kill. */
export function makeWorld(traffic: Traffic, before: (what: string) => void = () => {}) {
  const running = new Map<string, Member>()
  const logs = new Map<string, unknown[]>()
  const world = { running, routes: undefined as Routes | undefined, broken: new Set<string>(), gone: new Set<string>() }
  const request = source(11)
  let next = 0
  const change = async (what: string, make: () => void) => {
    before(`before ${what}`)
    make()
    before(`after ${what}`)
  }

  const target: Target = {
    url: 'http://127.0.0.1:1',
    open: () => change('open', () => {}),
    prepare: () => change('prepare', () => {}),
    place: async () => ({ id: `m${++next}`, port: 1000 + next }),
    async start(member) {
      if (world.gone.has(member.release.model.digest)) return { ready: false, portLost: false, why: 'its disk is gone' }
      await change('start', () => running.set(member.id, member))
      return { ready: true }
    },
    async smokeTest({ release }) {
      return world.broken.has(release.model.digest) ? 'golden record 1 is wrong' : null
    },
    route: (routes) =>
      change('route', () => {
        world.routes = routes
      }),
    events(rollout) {
      // Each read brings some traffic, as the routes are at that moment; the log is kept, and read from its beginning.
      const log = logs.get(rollout) ?? []
      logs.set(rollout, log)
      let position = 0
      return {
        async read() {
          if (world.routes?.rollout === rollout && world.routes.weight > 0)
            for (let i = 0; i < 400; i++)
              log.push({ ...request(traffic, world.routes.weight), n: log.length + 1, at: Date.now() })
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
      for (const id of running.keys()) if (!keep.some((member) => member.id === id)) running.delete(id)
    },
    observe: async () => [],
  }
  return { world, target }
}
