/**
 * Clients that do not wait for each other, on connections that are kept: `rate` requests begin each second, whatever became of those before. As a process of its own; its load comes as JSON on
 * the command line; prints what it saw as JSON.
 */
import { createConnections } from '../connections.ts'
import { type Post, post } from '../http.ts'

export type OpenLoad = Post & { readonly rate: number; readonly seconds: number }

/** By status, `0` where there was no answer: how many, and ms from the first byte sent to the last received. */
export type OpenSeen = {
  readonly sent: number
  readonly statuses: {
    readonly [status: string]: { readonly count: number; readonly p99: number; readonly most: number }
  }
}

const load = JSON.parse(process.argv[2] ?? '') as OpenLoad
const request = post(load)
const { ask } = createConnections(load.port)
const times: { [status: string]: number[] } = {}
let open = 0

function send(): void {
  const began = performance.now()
  open += 1
  ask(request, true, (told) => {
    open -= 1
    const status = 'failure' in told ? '0' : told.status
    times[status] ??= []
    times[status].push(performance.now() - began)
  })
}

let sent = 0
const began = performance.now()
const clock = setInterval(() => {
  const passed = Math.min(load.seconds, (performance.now() - began) / 1000)
  for (; sent < passed * load.rate; sent += 1) send()
  if (passed < load.seconds || open > 0) return
  clearInterval(clock)
  const statuses = Object.fromEntries(
    Object.entries(times).map(([status, all]) => {
      all.sort((a, b) => a - b)
      const at = (share: number) => all[Math.min(all.length - 1, Math.floor(share * all.length))] ?? 0
      return [status, { count: all.length, p99: at(0.99), most: at(1) }]
    }),
  )
  process.stdout.write(JSON.stringify({ sent, statuses } satisfies OpenSeen))
  process.exit(0)
}, 2)
