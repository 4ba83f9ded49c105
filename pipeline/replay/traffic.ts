import { Agent } from 'undici'

/** What the clients saw so far. */
export type Seen = {
  requests: number
  failed: number
  readonly failures: Map<string, number>
  readonly digests: Set<string>
}

export type Traffic = { readonly seen: Seen; readonly stop: () => Promise<void> }

/** Clients that ask at once, each waiting for its answer before it asks again. */
const CLIENTS = 6

/**
 * Replays records against a gateway, over and over, until it is stopped: production's clients, who know nothing of releases.
 * A request has failed when its answer is not 200 with one finite prediction.
 */
export function startTraffic(url: string, apiKey: string, records: readonly unknown[]): Traffic {
  const seen: Seen = { requests: 0, failed: 0, failures: new Map(), digests: new Set() }
  const dispatcher = new Agent({ connections: CLIENTS, headersTimeout: 10_000, bodyTimeout: 10_000 })
  let running = true
  let next = 0
  const client = async () => {
    while (running) {
      const record = records[next++ % records.length]
      const failure = await ask(dispatcher, url, apiKey, record, seen)
      seen.requests++
      if (!failure) continue
      seen.failed++
      seen.failures.set(failure, (seen.failures.get(failure) ?? 0) + 1)
    }
  }
  const clients = Promise.all(Array.from({ length: CLIENTS }, client))
  const stop = async () => {
    running = false
    await clients
    if (!dispatcher.closed) await dispatcher.close()
  }
  return { seen, stop }
}

async function ask(
  dispatcher: Agent,
  url: string,
  apiKey: string,
  record: unknown,
  seen: Seen,
): Promise<string | undefined> {
  try {
    const { statusCode, headers, body } = await dispatcher.request({
      origin: url,
      path: '/v1/predict',
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ records: [record] }),
    })
    const text = await body.text()
    if (statusCode !== 200) return `${statusCode} ${text.slice(0, 200)}`
    const { predictions } = JSON.parse(text) as { predictions: unknown[] }
    seen.digests.add(String(headers['x-mergeline-digest']))
    return predictions.length === 1 && Number.isFinite(predictions[0]) ? undefined : `200 with ${text.slice(0, 200)}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
