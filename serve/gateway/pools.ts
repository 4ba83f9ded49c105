import { Pool } from 'undici'

export type Pools = {
  /** The connections to a member. */
  get(url: string): Pool
  /** A request that may ask these members begins (1) or ends (-1). */
  count(urls: readonly string[], change: 1 | -1): void
  /** Closes the connections to members that are not among `current` and that no request may ask any more. */
  settle(current: readonly (string | undefined)[]): void
  inFlight(): Readonly<Record<string, number>>
  destroy(): Promise<void>
}

/** Keeps connections to members alive, and counts the requests that may still need them. */
export function createPools(): Pools {
  const pools = new Map<string, Pool>()
  const inFlight = new Map<string, number>()
  return {
    get(url) {
      let pool = pools.get(url)
      if (!pool) {
        // Time limits are the attempt's; here is only how long an idle connection is kept, less than servers do.
        pool = new Pool(url, { connections: 256, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 4_000 })
        pools.set(url, pool)
      }
      return pool
    },
    count(urls, change) {
      for (const url of urls) {
        const requests = (inFlight.get(url) ?? 0) + change
        if (requests > 0) inFlight.set(url, requests)
        else inFlight.delete(url)
      }
    },
    settle(current) {
      for (const [url, pool] of pools) {
        if (current.includes(url) || inFlight.has(url)) continue
        pools.delete(url)
        void pool.close().catch(() => {})
      }
    },
    inFlight: () => Object.fromEntries(inFlight),
    async destroy() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy().catch(() => {})))
    },
  }
}
