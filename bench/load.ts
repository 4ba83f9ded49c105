/**
 * A client as cheap as it can be made, so that it takes little from what it measures: as a process of its own, so many connections ask one server for so long, each of them again as
 * soon as it is answered. Its load comes as JSON on the command line; prints what it saw as JSON.
 */
import { connect } from 'node:net'
import { type Post, post, statusOf } from './http.ts'

export type Load = Post & { readonly connections: number; readonly seconds: number }

/** Milliseconds are of answered requests, from the first byte sent to the last received. `statuses` counts answers; `broken` connections that ended in the middle of a request. */
export type Seen = {
  readonly answered: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly statuses: { readonly [status: string]: number }
  readonly broken: number
  /** One of the answers, to see what it was. */
  readonly sample: string
}

async function run(load: Load): Promise<Seen> {
  const request = post(load)
  const times: number[] = []
  const statuses: { [status: string]: number } = {}
  let broken = 0
  let sample = ''
  const began = performance.now()
  const until = began + load.seconds * 1000

  /** One connection, until the time is up or it ends. */
  const converse = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(load.port, '127.0.0.1').setNoDelay(true)
      let sent = 0
      let text = ''
      const end = () => {
        socket
          .removeAllListeners()
          .on('error', () => {})
          .destroy()
        resolve()
      }
      const ask = () => {
        if (performance.now() >= until) return end()
        sent = performance.now()
        text = ''
        socket.write(request)
      }
      const fail = () => {
        if (performance.now() < until) broken += 1
        end()
      }
      socket.once('connect', ask).once('error', fail).once('close', fail)
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        const status = statusOf(text)
        if (status === undefined) return
        times.push(performance.now() - sent)
        statuses[status] = (statuses[status] ?? 0) + 1
        if (sample === '') sample = text
        if (/^connection: close/im.test(text.slice(0, 600))) end()
        else ask()
      })
    })

  const again = async () => {
    while (performance.now() < until) {
      const before = broken
      await converse()
      if (broken > before) await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  await Promise.all(Array.from({ length: load.connections }, again))
  const passed = (performance.now() - began) / 1000
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? Number.NaN
  return {
    ...{ answered: times.length, perSecond: times.length / passed, p50: at(0.5), p99: at(0.99) },
    ...{ statuses, broken, sample },
  }
}

process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2] ?? '') as Load)))
