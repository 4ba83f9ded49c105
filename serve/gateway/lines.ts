import { Pool } from 'undici'
import type { Member } from '../../pipeline/gateway-members.ts'
import { type Breaker, createBreaker } from './breaker.ts'
import { type ReadinessWatch, watchReadiness } from './readiness.ts'

/** The way to one member: its connections, whether it is ready, its breaker, and how many requests may still need it. */
export type Line = {
  readonly member: Member
  readonly pool: Pool
  readonly readiness: ReadinessWatch
  readonly breaker: Breaker
  inFlight: number
}

export type Lines = {
  get(member: Member): Line
  /** Ends those that are not among `current` and that no request may need any more. */
  settle(current: readonly (Line | null)[]): void
  /** Requests by member's URL, of those that have any. */
  inFlight(): Readonly<Record<string, number>>
  destroy(): Promise<void>
}

/** Keeps the lines to members, by URL and digest: another model at the same port is another member. */
export function createLines(log: (line: string) => void): Lines {
  const lines = new Map<string, Line>()
  return {
    get(member) {
      const key = `${member.url} ${member.digest}`
      const known = lines.get(key)
      if (known) return known
      // Time limits are the attempt's; here is only how long an idle connection is kept, less than servers do.
      const pool = new Pool(member.url, {
        connections: 256,
        headersTimeout: 0,
        bodyTimeout: 0,
        keepAliveTimeout: 4_000,
      })
      const breaker = createBreaker()
      const readiness = watchReadiness(member.url, member.digest, (now) => {
        if (now === 'ready') breaker.reset()
        log(`${member.url} is ${now}`)
      })
      const line: Line = { member, pool, readiness, breaker, inFlight: 0 }
      lines.set(key, line)
      return line
    },
    settle(current) {
      for (const [key, line] of lines) {
        if (current.includes(line) || line.inFlight > 0) continue
        lines.delete(key)
        line.readiness.stop()
        void line.pool.close().catch(() => {})
      }
    },
    inFlight() {
      const all: Record<string, number> = {}
      for (const { member, inFlight } of lines.values())
        if (inFlight > 0) all[member.url] = (all[member.url] ?? 0) + inFlight
      return all
    },
    async destroy() {
      await Promise.all(
        [...lines.values()].map(({ pool, readiness }) => {
          readiness.stop()
          return pool.destroy().catch(() => {})
        }),
      )
    },
  }
}
