/**
 * Clients that do not wait for each other: `rate` prediction requests begin each second, whatever became of those before, alternately on a connection that is kept and on a fresh one. As a process of its
 * own; arguments as JSON: {port, rate, key, body}. At each line on its standard input it tells what it saw so far, as a line of JSON; it ends with its standard input.
 */
import { createInterface } from 'node:readline'
import { createConnections } from '../connections.ts'
import { predictRequest } from '../http.ts'
import type { Seen } from './clients.ts'

const { port, rate, key, body } = JSON.parse(process.argv[2] ?? '') as {
  readonly port: number
  readonly rate: number
  readonly key: string
  readonly body: string
}
const kept = predictRequest({ port, key, body })
const fresh = predictRequest({ port, key, body }, 'close')
const { ask } = createConnections(port)
const seen: Seen = { requests: 0, failed: 0, kept: 0, inFlight: 0, failures: {}, lastSent: {}, slowestMs: 0 }

function send(keep: boolean): void {
  const sent = Date.now()
  seen.inFlight += 1
  ask(keep ? kept : fresh, keep, (told) => {
    seen.inFlight -= 1
    seen.requests += 1
    if (keep) seen.kept += 1
    seen.slowestMs = Math.max(seen.slowestMs, Date.now() - sent)
    const digest = 'text' in told ? /\r\nx-mergeline-digest: (\S+)/i.exec(told.text)?.[1] : undefined
    if (digest !== undefined) seen.lastSent[digest] = Math.max(seen.lastSent[digest] ?? 0, sent)
    const failure = 'failure' in told ? told.failure : told.status
    if (failure === '200') return
    seen.failed += 1
    seen.failures[failure] = (seen.failures[failure] ?? 0) + 1
  })
}

let begun = 0
const started = performance.now()
const clock = setInterval(() => {
  for (const due = ((performance.now() - started) / 1000) * rate; begun < due; begun += 1) send(begun % 2 === 0)
}, 4)

createInterface({ input: process.stdin })
  .on('line', () => process.stdout.write(`${JSON.stringify(seen)}\n`))
  .on('close', () => {
    clearInterval(clock)
    process.exit(0)
  })
