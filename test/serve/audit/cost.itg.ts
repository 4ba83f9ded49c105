import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { repetitions } from '../../repetitions.ts'
import { temporaryFolder } from '../helper.ts'
import { freePort, setUp } from '../process.ts'
import { askAll, startServer } from './server.ts'

const rounds = repetitions(6)
const connections = 50
const sliceMs = 1500
// proc(5): utime and stime are in clock ticks, 100 a second on every Linux that Node runs on.
const tickUs = 10_000

type Slice = { readonly p99: number; readonly cpuUs: number; readonly requests: number; readonly waitMs: number }

function cpuUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * tickUs
}

async function slice({ pid, url }: { readonly pid: number; readonly url: string }): Promise<Slice> {
  const [before, waited] = [cpuUs(pid), await waits(url)]
  const clients = askAll(url, connections)
  await sleep(sliceMs)
  await clients.end()
  const sorted = clients.latencies.sort((one, other) => one - other)
  const requests = sorted.length
  return {
    p99: sorted[Math.floor(requests * 0.99)] as number,
    cpuUs: (cpuUs(pid) - before) / requests,
    requests,
    waitMs: percentile(waited, await waits(url), 0.99) * 1000,
  }
}

/** How many batches waited at most so many seconds, as the server counts them. */
async function waits(url: string): Promise<ReadonlyMap<number, number>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const found = text.matchAll(/^mergeline_audit_wait_seconds_bucket\{le="([^"]+)".*\} (\d+)$/gm)
  return new Map(
    [...found].map(([, le, count]) => [le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), Number(count)]),
  )
}

/** The least bound, in seconds, that this share of the batches between two counts kept. */
function percentile(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>, share: number): number {
  const counts = [...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const)
  const all = counts.at(-1)?.[1] ?? 0
  return counts.find(([, count]) => count >= share * all)?.[0] ?? 0
}

// What else the machine does adds to a figure and never takes from it: the least of several slices is nearest to what it costs.
const least = (slices: readonly Slice[], of: (slice: Slice) => number) => Math.min(...slices.map(of))

test(`an audit log holds up answers by at most 5 ms in 99 of 100 cases at ${connections} connections`, async () => {
  await using folder = await temporaryFolder()
  const { env } = await setUp(folder.path, await freePort())
  const server = async (more: Record<string, string>) =>
    startServer({ ...env, MERGELINE_PORT: String(await freePort()), ...more })
  const audited = (name: string) => ({
    MERGELINE_AUDIT_DIR: join(folder.path, name),
    MERGELINE_AUDIT_DURABILITY: name,
    MERGELINE_AUDIT_KEEP_GIB: '1',
  })
  await using without = await server({})
  await using forProcess = await server(audited('process'))
  await using forPower = await server(audited('power'))
  const servers = [
    ['without', without],
    ['process', forProcess],
    ['power', forPower],
  ] as const
  const slices: Record<string, Slice[]> = { without: [], process: [], power: [] }
  for (const [, one] of servers) await slice(one)
  // In turn, so that what the machine does meanwhile meets all alike.
  for (let round = 0; round < rounds; round += 1)
    for (const [name, one] of servers) slices[name]?.push(await slice(one))
  const figures = servers.map(([name]) => {
    const all = slices[name] ?? []
    const [p99, cpu, wait] = [
      least(all, (one) => one.p99),
      least(all, (one) => one.cpuUs),
      least(all, (one) => one.waitMs),
    ]
    const requests = all.reduce((sum, one) => sum + one.requests, 0)
    console.log(
      `${name.padEnd(8)} p99 ${p99.toFixed(2)} ms, of which the log at most ${wait} ms; ${cpu.toFixed(1)} µs of CPU a request (${requests} requests)`,
    )
    return { name, wait }
  })
  assert.equal(await forProcess.metric('mergeline_audit_lost_total'), 0)
  const waitOf = (name: string) => figures.find((one) => one.name === name)?.wait ?? Number.NaN
  assert.ok(waitOf('process') > 0 && waitOf('process') <= 5, `process: ${waitOf('process')} ms`)
  // What a sync of this disk takes, nobody can promise: a batch waits for the one before it and for its own.
  const disk = await syncMs(folder.path)
  console.log(`a sync of this disk takes ${disk.toFixed(1)} ms or less in 99 of 100 cases`)
  assert.ok(waitOf('power') <= 5 + 3 * disk, `power: ${waitOf('power')} ms, where a sync takes ${disk} ms`)
})

/** The 99th percentile of 300 writes of a batch's size with fdatasync, in ms. */
async function syncMs(folder: string): Promise<number> {
  await using file = await open(join(folder, 'syncs'), 'w')
  const took: number[] = []
  for (let index = 0; index < 300; index += 1) {
    const began = performance.now()
    await file.write(Buffer.alloc(16_384), 0, 16_384, index * 16_384)
    await file.datasync()
    took.push(performance.now() - began)
  }
  return took.sort((one, other) => one - other)[Math.floor(took.length * 0.99)] as number
}
