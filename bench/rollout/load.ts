/**
 * Clients that do not wait for each other: `rate` prediction requests begin each second, whatever became of those before, alternately on a connection that is kept and on a fresh one. As a process of its
 * own; arguments as JSON: {port, rate, key, body}. At each line on its standard input it tells what it saw so far, as a line of JSON; it ends with its standard input.
 */
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { predictRequest, statusOf } from '../http.ts'
import type { Seen } from './clients.ts'

const { port, rate, key, body } = JSON.parse(process.argv[2] ?? '') as {
  readonly port: number
  readonly rate: number
  readonly key: string
  readonly body: string
}
const answerMs = 30_000
const kept = predictRequest({ port, key, body })
const fresh = predictRequest({ port, key, body }, 'close')
const idle: Socket[] = []
const seen: Seen = { requests: 0, failed: 0, kept: 0, inFlight: 0, failures: {}, lastSent: {}, slowestMs: 0 }

function send(keep: boolean): void {
  const sent = Date.now()
  seen.inFlight += 1
  const socket = (keep ? idle.pop() : undefined) ?? connect({ port, host: '127.0.0.1' }).setNoDelay(true)
  let text = ''
  const limit = setTimeout(() => end(`no answer within ${answerMs / 1000} s`), answerMs)
  const end = (failure?: string) => {
    clearTimeout(limit)
    socket.removeAllListeners('data').removeAllListeners('error').removeAllListeners('close')
    seen.inFlight -= 1
    seen.requests += 1
    if (keep) seen.kept += 1
    seen.slowestMs = Math.max(seen.slowestMs, Date.now() - sent)
    if (failure !== undefined) {
      seen.failed += 1
      seen.failures[failure] = (seen.failures[failure] ?? 0) + 1
    }
    socket.on('error', () => {})
    if (!keep || failure !== undefined || /\r\nconnection: close/i.test(text)) return void socket.destroy()
    socket.once('close', () => {
      const at = idle.indexOf(socket)
      if (at >= 0) idle.splice(at, 1)
    })
    idle.push(socket)
  }
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
    const status = statusOf(text)
    if (status === undefined) return
    const digest = /\r\nx-mergeline-digest: (\S+)/i.exec(text)?.[1]
    if (digest !== undefined) seen.lastSent[digest] = Math.max(seen.lastSent[digest] ?? 0, sent)
    end(status === '200' ? undefined : status)
  })
  socket.once('error', (error) => end(error.message))
  socket.once('close', () => end('the connection ended before the answer'))
  socket.write(keep ? kept : fresh)
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
