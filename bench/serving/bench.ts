/** What the server costs, beside a bare echo and beside its peers. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadParams } from '../../pipeline/params.ts'
import { freePort } from '../../pipeline/release/targets/ports.ts'
import type { Bench } from '../benches.ts'
import { exampleRecord, untrainedBundle } from '../bundle.ts'
import type { Load } from '../load.ts'
import { type Measured, measure, median, rounded } from '../measure.ts'
import { type Started, start, untilReady } from '../processes.ts'
import { installPeers } from '../python-peers.ts'
import { startOurs } from './ours.ts'
import { type Peer, peersOf } from './peers.ts'

const goals = { ratio: 2, startMs: 1500 }
const connections = 50

export const serving: Bench = {
  describe:
    'server CPU per one-row request beside a bare Fastify echo and Python servers; p99 and throughput from 1 to 256 connections',
  async run({ quick, say }) {
    if (process.platform !== 'linux') throw new Error('bench serving reads CPU times from /proc: run it on Linux')
    const folder = await mkdtemp(join(tmpdir(), 'mergeline-bench-serving-'))
    await using stack = new AsyncDisposableStack()
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const bundle = join(folder, 'bundle')
    const { hidden } = loadParams(join(import.meta.dirname, '../..')).train.network
    await untrainedBundle(bundle, { hidden })
    const port = await freePort()
    const echo = stack.use(start(process.execPath, [join(import.meta.dirname, 'echo.ts'), String(port)], {}))
    await untilReady(echo, `http://127.0.0.1:${port}/ready`)
    const ours = await startOurs(join(folder, 'ours'), bundle)
    stack.use(ours.server)
    const plain = await startOurs(join(folder, 'plain'), bundle, { MERGELINE_AUDIT_DIR: '' })
    stack.use(plain.server)

    const base = { body: JSON.stringify(exampleRecord), seconds: quick ? 0.5 : 3 }
    const predict = ({ port, key }: { readonly port: number; readonly key: string }) => ({
      ...{ ...base, port, path: '/v1/predict', headers: { authorization: `Bearer ${key}` } },
    })
    const subjects = [
      { name: 'Fastify echo, same schema', server: echo, load: { ...base, port, path: '/echo', headers: {} } },
      { name: 'Mergeline, everything on', server: ours.server, load: predict(ours) },
      { name: 'Mergeline, no audit', server: plain.server, load: predict(plain) },
    ]
    const rounds = await inTurn(subjects, quick ? 2 : 7, say)
    const echoes = rounds[0] ?? []
    const rows = subjects.map(({ name, server }, at) => rowOf(name, server, rounds[at] ?? [], echoes))
    for (const many of quick ? [1] : [1, 8, 256]) {
      const measured = await measure([ours.server], { ...predict(ours), connections: many })
      rows.push({ ...rowOf('Mergeline, everything on', ours.server, [measured]), connections: many })
    }
    const peers = await besidePeers(folder, bundle, quick, say)
    const ratio = Number(rows[1]?.['× echo'])
    return {
      title: `Server CPU per one-row request, ${process.version}, the network of params.yaml, each connection asks again as soon as it is answered`,
      rows: [...rows, ...peers.rows],
      notes: [
        `start-up: ${Math.round(ours.startedMs)} ms. CPU is the server's own time over its answers; ratios are medians of rounds in turn.`,
        ...peers.notes,
      ],
      missed: [
        ...(ratio > goals.ratio ? [`everything on costs ${ratio} × the echo, the goal is ${goals.ratio}`] : []),
        ...(ours.startedMs > goals.startMs
          ? [`start-up takes ${Math.round(ours.startedMs)} ms, the goal is ${goals.startMs}`]
          : []),
      ],
    }
  },
}

type Subject = { readonly name: string; readonly server: Started; readonly load: Omit<Load, 'connections'> }

/** Measures each in turn, again and again, after a round to warm up: what else the machine does then hits all alike. */
async function inTurn(subjects: readonly Subject[], rounds: number, say: (line: string) => void) {
  const measured: Measured[][] = subjects.map(() => [])
  for (let round = 0; round <= rounds; round += 1) {
    for (const [at, { server, load }] of subjects.entries()) {
      const one = await measure([server], { ...load, connections })
      if (round > 0) measured[at]?.push(one)
    }
    say(`serving: round ${round} of ${rounds}`)
  }
  return measured
}

type Row = { readonly [column: string]: string | number }

function rowOf(name: string, server: Started, measured: readonly Measured[], echoes?: readonly Measured[]): Row {
  const micros = measured.map(({ cpuMicros: [cpu = Number.NaN] }) => cpu)
  const ratios = micros.map((cpu, at) => cpu / (echoes?.[at]?.cpuMicros[0] ?? Number.NaN))
  return {
    ...{ server: name, connections, 'CPU µs': rounded(median(micros), 1) },
    '× echo': echoes ? rounded(median(ratios), 2) : '',
    'per second': Math.round(median(measured.map(({ perSecond }) => perSecond))),
    'p99 ms': rounded(median(measured.map(({ p99 }) => p99)), 2),
    MiB: Math.round(server.memory()),
  }
}

async function besidePeers(folder: string, bundle: string, quick: boolean, say: (line: string) => void) {
  const rows: Row[] = []
  const missing = await installPeers('serving', 'FastAPI, onnxruntime, MLServer and BentoML are installed', say)
  if (missing) return { rows, notes: [`the peers could not be installed: ${missing}`] }
  const notes = [
    'Peers get rows of features, which they neither make nor check, and keep no audit: onnxruntime or, for MLflow, numpy on the same weights.',
  ]
  for (const peer of await peersOf(folder, bundle)) {
    say(`serving: ${peer.name}`)
    try {
      rows.push(await measurePeer(peer, quick))
    } catch (error) {
      notes.push(`${peer.name} is missing: ${(error as Error).message.split('\n').slice(0, 3).join(' ')}`)
    }
  }
  return { rows, notes }
}

async function measurePeer({ name, path, body, expected, start }: Peer, quick: boolean): Promise<Row> {
  const { server, port, startedMs } = await start()
  await using _ = server
  const load = { port, path, body, headers: {}, connections, seconds: quick ? 2 : 6 }
  const first = await measure([server], { ...load, connections: 1, seconds: 1 })
  const numbers = (first.sample.split('\r\n\r\n')[1] ?? '').match(/-?\d+\.\d+(?:e-?\d+)?/g) ?? []
  if (!numbers.some((one) => Math.abs(Number(one) - expected) <= 1e-3 * Math.abs(expected)))
    throw new Error(`it should predict ${expected}, it answers ${first.sample.slice(-300)}`)
  const row = rowOf(name, server, [await measure([server], load)])
  return { ...row, server: `${name} (starts in ${rounded(startedMs / 1000, 1)} s)` }
}
