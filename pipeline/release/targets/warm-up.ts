import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Pool } from 'undici'

const requests = 200
const atOnce = 8

/**
 * Sends a server single golden records, 200 in all and 8 at once: its first requests are slow (connections, code that was never run), and before the first draw
 * that is nobody's fault; afterwards it would be the canary's. What it answers was looked at before, so nothing is read here. Never fails: a server that does not answer is the trial's business.
 */
export async function warmUp({ url, key, bundle }: { url: string; key: string; bundle: string }): Promise<void> {
  const lines = (await readFile(join(bundle, 'golden.jsonl'), 'utf8')).trimEnd().split('\n')
  const bodies = lines.map((line) => JSON.stringify({ records: [(JSON.parse(line) as { record: unknown }).record] }))
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const pool = new Pool(url, { connections: atOnce, headersTimeout: 2000, bodyTimeout: 2000 })
  let sent = 0
  const one = async () => {
    while (sent < requests) {
      const body = bodies[sent++ % bodies.length] ?? ''
      const answer = await pool.request({ method: 'POST', path: '/v1/predict', headers, body })
      await answer.body.dump()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one)).catch(() => {})
  await pool.destroy()
}
