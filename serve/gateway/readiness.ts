import { Pool } from 'undici'
import { answered, attempt } from './attempt.ts'

/** `unknown` until it was asked for the first time. */
export type Readiness = 'unknown' | 'ready' | 'not ready'

export type ReadinessWatch = {
  readonly now: Readiness
  /** Whether it ever was ready: one that is not there yet did not fail. */
  readonly ever: boolean
  /** Resolves once it answered for the first time, or let half a second pass. */
  readonly first: Promise<void>
  stop(): void
}

const readyEveryMs = 500
const otherwiseEveryMs = 100
const answerMs = 2_000
const firstMs = 500
// A member that is busy for a moment says nothing; one that says no, or is gone, is believed at once.
const silences = 3

/**
 * Asks a member's `/ready` again and again: ready is who answers 200 and names the digest it should, if it names any. `changed` is told of each change.
 * A port may have become somebody else's: then the digest is another, and it is as if nobody were there.
 */
export function watchReadiness(url: string, digest: string, changed: (now: Readiness) => void): ReadinessWatch {
  // A connection of its own: where all others are busy, this question must not wait behind them.
  const pool = new Pool(url, { connections: 1, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 4_000 })
  const first = Promise.withResolvers<void>()
  let now: Readiness = 'unknown'
  let ever = false
  let silent = 0
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function look(): Promise<void> {
    const outcome = await attempt(pool, { method: 'GET', path: '/ready', headers: [], body: null }, answerMs)
    if (stopped) return
    const silence = !answered(outcome) && outcome.why === 'timeout'
    silent = silence ? silent + 1 : 0
    const ready = answered(outcome) && outcome.status === 200 && names(outcome.body, digest)
    const next: Readiness = ready ? 'ready' : silence && silent < silences && now === 'ready' ? 'ready' : 'not ready'
    ever ||= ready
    if (next !== now) {
      now = next
      changed(next)
    }
    first.resolve()
    timer = setTimeout(look, now === 'ready' ? readyEveryMs : otherwiseEveryMs)
    timer.unref()
  }
  const patience = setTimeout(first.resolve, firstMs)
  patience.unref()
  void look()

  return {
    get now() {
      return now
    },
    get ever() {
      return ever
    },
    first: first.promise,
    stop() {
      stopped = true
      clearTimeout(timer)
      clearTimeout(patience)
      void pool.destroy().catch(() => {})
      first.resolve()
    },
  }
}

function names(body: Buffer, digest: string): boolean {
  try {
    const told = (JSON.parse(body.toString('utf8')) as { readonly digest?: unknown } | null)?.digest
    return told === undefined || told === digest
  } catch {
    return true
  }
}
