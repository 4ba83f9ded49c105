/** A server with a slow model that is asked for ten times what it can do: what it answers, refuses, and holds in memory. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { loadBundle } from '../../pipeline/tracking/bundle.ts'
import type { Bench } from '../benches.ts'
import { exampleRecord, untrainedBundle } from '../bundle.ts'
import { measure, median, rounded } from '../measure.ts'
import type { OpenLoad, OpenSeen } from './open-load.ts'
import { startOurs } from './ours.ts'

const slowMs = 5
const overload = 10
const goals = { goodput: 0.9, refusalMs: 50, sloMs: 250, memory: 1.25 }

export const overloaded: Bench = {
  describe: `a model of ${slowMs} ms a record under ${overload} times the load that it can answer: goodput, refusals, memory`,
  async run({ quick, say, size = quick ? 2 : 60 }) {
    if (process.platform !== 'linux') throw new Error('bench overload reads memory from /proc: run it on Linux')
    const folder = await mkdtemp(join(tmpdir(), 'mergeline-bench-overload-'))
    await using stack = new AsyncDisposableStack()
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const bundle = join(folder, 'bundle')
    const alone = await slowBundle(bundle, say)
    const ours = await startOurs(folder, bundle)
    stack.use(ours.server)
    const load = {
      ...{ port: ours.port, path: '/v1/predict', headers: { authorization: `Bearer ${ours.key}` } },
      body: JSON.stringify(exampleRecord),
    }
    const goodAt = async (connections: number) => {
      const seconds = quick ? 1 : 8
      const began = ours.server.cpu()
      const { statuses } = await measure([ours.server], { ...load, connections, seconds }, ['200', '503'])
      const good = statuses['200'] ?? 0
      const perSecond = good / seconds
      say(`${connections} connections, each asking again once it is answered: ${perSecond.toFixed(0)} a second`)
      return { connections, perSecond, perCpuSecond: (1e6 * good) / (ours.server.cpu() - began) }
    }
    let best = await goodAt(1)
    for (const connections of [8, 32]) {
      const found = await goodAt(connections)
      if (found.perSecond > best.perSecond) best = found
    }
    const memory: number[] = []
    const watch = setInterval(() => memory.push(ours.server.memory()), 500)
    const began = ours.server.cpu()
    const seen = await openLoad({ ...load, rate: overload * best.perSecond, seconds: size })
    clearInterval(watch)
    const cpuSeconds = (ours.server.cpu() - began) / 1e6
    await sleep(500)
    // Before and after: what else the machine does goes up and down.
    const after = await goodAt(best.connections)
    return report({ seen, cpuSeconds, before: best, after, memory, alone, seconds: size, quick })
  },
}

/** A bundle whose network takes some 5 ms for one record; returns what it takes here, in ms. */
async function slowBundle(folder: string, say: (line: string) => void): Promise<number> {
  for (let units = 1024; ; units += 512) {
    await untrainedBundle(folder, { hidden: [units, units] })
    const bundle = await loadBundle(folder)
    for (let call = 0; call < 10; call += 1) bundle.predict([exampleRecord])
    // The middle one: what else the machine does makes some of them longer.
    const ms = median(
      Array.from({ length: 20 }, () => {
        const began = performance.now()
        bundle.predict([exampleRecord])
        return performance.now() - began
      }),
    )
    bundle.dispose()
    say(`two layers of ${units} units: ${ms.toFixed(1)} ms a record`)
    if (ms >= slowMs || units >= 4096) return ms
  }
}

async function openLoad(load: OpenLoad): Promise<OpenSeen> {
  const { stdout } = await execa(process.execPath, [join(import.meta.dirname, 'open-load.ts'), JSON.stringify(load)])
  return JSON.parse(stdout) as OpenSeen
}

/** Good answers at best: a second, and a second of the server's CPU, which what else the machine does takes less from. */
type Peak = { readonly connections: number; readonly perSecond: number; readonly perCpuSecond: number }
type Measured = {
  readonly seen: OpenSeen
  /** What the server used meanwhile. */
  readonly cpuSeconds: number
  readonly before: Peak
  readonly memory: readonly number[]
  readonly alone: number
  readonly seconds: number
  readonly after: Peak
  readonly quick: boolean
}

function report({ seen, cpuSeconds, before, after, memory, alone, seconds, quick }: Measured) {
  const peak = (before.perSecond + after.perSecond) / 2
  const peakOfCpu = (before.perCpuSecond + after.perCpuSecond) / 2
  const none = { count: 0, p99: 0, most: 0 }
  const { '200': good = none, '503': refused = none } = seen.statuses
  const others = Object.entries(seen.statuses).filter(([status]) => status !== '200' && status !== '503')
  const goodput = good.count / seconds
  const [early = 0, late = 0] = [memory[Math.floor(memory.length / 5)], memory.at(-1)]
  const missed = [
    ...(goodput < goals.goodput * peak
      ? [`${goodput.toFixed(0)} good answers a second, ${peak.toFixed(0)} at best`]
      : []),
    ...(refused.p99 > goals.refusalMs ? [`refused after ${refused.p99.toFixed(0)} ms, p99`] : []),
    ...(good.p99 > goals.sloMs ? [`answered after ${good.p99.toFixed(0)} ms, p99`] : []),
    ...(late > goals.memory * early ? [`memory grew from ${early.toFixed(0)} to ${late.toFixed(0)} MiB`] : []),
    ...others.map(([status, { count }]) => `${count} answers were ${status === '0' ? 'none' : status}`),
  ]
  return {
    title: `A model of ${alone.toFixed(1)} ms a record, ${Math.round(overload * before.perSecond)} requests a second for ${seconds} s, of which it can answer ${before.perSecond.toFixed(0)} (${after.perSecond.toFixed(0)} afterwards)`,
    rows: [
      {
        what: 'good answers a second, of the most it can',
        figure: `${goodput.toFixed(0)} (${((100 * goodput) / peak).toFixed(0)} %)`,
      },
      {
        what: 'good answers a second of the server’s CPU, of the most it can',
        figure: `${(good.count / cpuSeconds).toFixed(0)} (${((100 * good.count) / cpuSeconds / peakOfCpu).toFixed(0)} %)`,
      },
      { what: 'answered after, p99, ms', figure: rounded(good.p99, 1) },
      { what: 'refused with 503', figure: refused.count },
      { what: 'other answers, or none', figure: others.reduce((sum, [, { count }]) => sum + count, 0) },
      { what: 'refused after, p99 and most, ms', figure: `${refused.p99.toFixed(1)}, ${refused.most.toFixed(1)}` },
      { what: 'memory after a fifth of it, and at its end, MiB', figure: `${early.toFixed(0)}, ${late.toFixed(0)}` },
    ],
    notes: [
      'Server and clients shared this machine; ms are the clients’, from the first byte sent to the last received.',
    ],
    ...(missed.length > 0 && !quick ? { missed } : {}),
  }
}
