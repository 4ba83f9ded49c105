/** How many batches waited at most so many seconds, by bound, as the server counts them: ascending, the last without an end. Empty where there is no log. */
export type Waits = ReadonlyMap<number, number>

/** Reads them from a server's metrics. */
export async function readWaits(port: number): Promise<Waits> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const found = text.matchAll(/^mergeline_audit_wait_seconds_bucket\{le="([^"]+)".*\} (\d+)$/gm)
  return new Map([...found].map(([, bound, count]) => [bound === '+Inf' ? Infinity : Number(bound), Number(count)]))
}

/** Adds to `total` what came between two readings. */
export const adding = (total: Waits, before: Waits, after: Waits): Waits =>
  new Map([...after].map(([bound, count]) => [bound, (total.get(bound) ?? 0) + count - (before.get(bound) ?? 0)]))

export const batches = (waits: Waits): number => waits.get(Infinity) ?? 0

/** The least bound, in seconds, that this share of the batches kept. */
export const bound = (waits: Waits, share: number): number =>
  [...waits].find(([, count]) => count >= share * batches(waits))?.[0] ?? Number.NaN
