import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
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

type Slice = { readonly p99: number; readonly cpuUs: number; readonly requests: number }

function cpuUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * tickUs
}

async function slice({ pid, url }: { readonly pid: number; readonly url: string }): Promise<Slice> {
  const before = cpuUs(pid)
  const clients = askAll(url, connections)
  await sleep(sliceMs)
  await clients.end()
  const sorted = clients.latencies.sort((one, other) => one - other)
  const requests = sorted.length
  return { p99: sorted[Math.floor(requests * 0.99)] as number, cpuUs: (cpuUs(pid) - before) / requests, requests }
}

// What else the machine does adds to a figure and never takes from it: the least of several slices is nearest to what it costs.
const least = (slices: readonly Slice[], of: (slice: Slice) => number) => Math.min(...slices.map(of))

test(`an audit log adds at most 5 ms to the 99th percentile at ${connections} connections`, async () => {
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
  const [p99, cpu] = ['p99', 'cpuUs'].map((figure) =>
    Object.fromEntries(Object.entries(slices).map(([name, all]) => [name, least(all, (one) => one[figure as 'p99'])])),
  ) as [Record<string, number>, Record<string, number>]
  for (const [name] of servers) {
    const requests = slices[name]?.reduce((sum, one) => sum + one.requests, 0)
    console.log(
      `${name.padEnd(8)} p99 ${p99[name]?.toFixed(2)} ms, ${cpu[name]?.toFixed(1)} µs of CPU a request (${requests} requests)`,
    )
  }
  assert.equal(await forProcess.metric('mergeline_audit_lost_total'), 0)
  for (const name of ['process', 'power'])
    assert.ok(
      (p99[name] as number) - (p99['without'] as number) <= 5,
      `${name}: ${p99[name]} ms against ${p99['without']} ms`,
    )
})
