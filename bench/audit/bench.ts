/** What the audit log costs: how long it holds answers up, by durability, beside what a sync takes under the same load, and its CPU a request. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench } from '../benches.ts'
import { exampleRecord, untrainedBundle } from '../bundle.ts'
import { type Measured, measure, median, rounded } from '../measure.ts'
import { type Ours, startOurs } from '../serving/ours.ts'
import { syncing } from './syncs.ts'
import { adding, batches, bound, readWaits, type Waits } from './waits.ts'

const connections = 50
const goalMs = 5

type Subject = { readonly log: string; readonly ours: Ours; readonly rounds: Measured[]; waits: Waits }

export const audit: Bench = {
  describe: 'how long the audit log holds answers up, by durability, beside a sync of the disk; CPU a request',
  async run({ quick, say }) {
    if (process.platform !== 'linux') throw new Error('bench audit reads CPU times from /proc: run it on Linux')
    const [seconds, rounds] = quick ? [0.5, 2] : [3, 9]
    const folder = await mkdtemp(join(tmpdir(), 'mergeline-bench-audit-'))
    await using stack = new AsyncDisposableStack()
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const bundle = join(folder, 'bundle')
    await untrainedBundle(bundle)
    const subject = async (log: string, more: { readonly [name: string]: string }): Promise<Subject> => {
      // What is measured is the log: nobody is refused because this machine is busy.
      const ours = await startOurs(join(folder, log), bundle, { MERGELINE_MAX_WAIT_MS: '60000', ...more })
      stack.use(ours.server)
      return { log, ours, rounds: [], waits: new Map() }
    }
    const none = await subject('none', { MERGELINE_AUDIT_DIR: '' })
    const subjects = [none]
    for (const log of ['process', 'power']) subjects.push(await subject(log, { MERGELINE_AUDIT_DURABILITY: log }))
    const ask = ({ server, port, key }: Ours) => {
      const headers = { authorization: `Bearer ${key}` }
      const body = JSON.stringify(exampleRecord)
      return measure([server], { port, connections, seconds, path: '/v1/predict', headers, body })
    }

    const syncs: number[] = []
    // In turn, so that what the machine does meanwhile meets all alike; the first round warms up, and is not counted.
    for (let round = 0; round <= rounds; round += 1) {
      for (const one of subjects) {
        const before = await readWaits(one.ours.port)
        const measured = await ask(one.ours)
        if (round === 0) continue
        one.rounds.push(measured)
        one.waits = adding(one.waits, before, await readWaits(one.ours.port))
      }
      // Beside a server that has as much to do and no log: who syncs waits for a core as long as the server does.
      const disk = syncing(folder)
      await ask(none.ours)
      const took = await disk.end()
      if (round > 0) syncs.push(...took)
      say(`audit: round ${round} of ${rounds}`)
    }
    return report(subjects, syncs, { rounds, seconds, quick })
  },
}

function report(
  subjects: readonly Subject[],
  syncs: readonly number[],
  { rounds, seconds, quick }: { readonly rounds: number; readonly seconds: number; readonly quick: boolean },
) {
  const bare = subjects[0]?.rounds ?? []
  const sync = syncs.toSorted((a, b) => a - b)[Math.floor(0.99 * syncs.length)] ?? Number.NaN
  const found = subjects.map(({ log, rounds, waits }) => {
    const answered = rounds.reduce((sum, { answered }) => sum + answered, 0)
    const over = rounds.map(({ p99 }, at) => p99 - (bare[at]?.p99 ?? Number.NaN))
    const row = {
      log,
      'CPU µs': rounded(median(rounds.map(({ cpuMicros: [cpu = Number.NaN] }) => cpu)), 1),
      'per second': Math.round(median(rounds.map(({ perSecond }) => perSecond))),
      'client p99 ms': rounded(median(rounds.map(({ p99 }) => p99)), 2),
      'over none': rounded(median(over), 2),
    }
    return { row, answered, heldMs: waits.size === 0 ? undefined : bound(waits, 0.99) * 1000, waits }
  })
  const rows = found.map(({ row, answered, heldMs, waits }) => ({
    ...row,
    'held up p99, ms, at most': heldMs ?? '',
    [`within ${goalMs} ms, %`]:
      heldMs === undefined ? '' : rounded((100 * (waits.get(goalMs / 1000) ?? 0)) / batches(waits), 2),
    'answers a batch': heldMs === undefined ? '' : rounded(answered / batches(waits), 1),
  }))
  return {
    title: `The audit log by what its records outlive, ${connections} connections that each ask again once they are answered, ${rounds} rounds of ${seconds} s in turn`,
    rows,
    notes: [
      `a sync by itself, beside a server without a log under the same load: p99 ${rounded(sync, 2)} ms of ${syncs.length}`,
      'held up: by the log, from the first record of a batch to its end, as the server counts it in steps; CPU is the server’s own time over its answers.',
    ],
    ...(quick
      ? {}
      : {
          missed: found
            .filter(({ heldMs = 0 }) => heldMs > goalMs)
            .map(
              ({ row, heldMs }) =>
                `${row.log} holds answers up by ${heldMs} ms at most in 99 of 100 batches, the goal is ${goalMs} ms`,
            ),
        }),
  }
}
