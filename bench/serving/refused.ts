/** What it costs a server to refuse, beside what it costs to answer. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench } from '../benches.ts'
import { untrainedBundle } from '../bundle.ts'
import { median, rounded } from '../measure.ts'
import { startOurs } from './ours.ts'
import { askAs, refusedCases } from './refused-cases.ts'

const goal = 2

export const refused: Bench = {
  describe: 'CPU of each kind of refusal, beside that of an answer',
  async run({ quick, say }) {
    if (process.platform !== 'linux') throw new Error('bench refused reads CPU times from /proc: run it on Linux')
    const [count, rounds] = quick ? [100, 1] : [1500, 5]
    const folder = await mkdtemp(join(tmpdir(), 'mergeline-bench-refused-'))
    await using stack = new AsyncDisposableStack()
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const bundle = join(folder, 'bundle')
    await untrainedBundle(bundle)
    const key = 'a key for this bench'
    const given = stack.use(await refusedCases(key))
    const { server, port } = await startOurs(folder, bundle, { ...given.env, MERGELINE_MAX_WAIT_MS: '60000' }, key)
    stack.use(server)
    const costs = given.cases.map((): number[] => [])
    for (let round = 0; round <= rounds; round += 1) {
      for (const [at, one] of given.cases.entries()) {
        const before = server.cpu()
        await askAs(one, `http://127.0.0.1:${port}`, count)
        if (round > 0) costs[at]?.push((server.cpu() - before) / count)
      }
      say(`refused: round ${round} of ${rounds}`)
    }
    const rows = given.cases.map(({ what, status }, at) => {
      const ratios = (costs[at] ?? []).map((cost, round) => cost / (costs[0]?.[round] ?? Number.NaN))
      return {
        who: what,
        status,
        'CPU µs': rounded(median(costs[at] ?? []), 1),
        '× answered': rounded(median(ratios), 2),
      }
    })
    return {
      title: `Server CPU per request by what became of it, 50 connections, ${count} requests a round, median of ${rounds} rounds`,
      rows,
      notes: [`the issuer was asked for its keys ${given.asked()} times`],
      ...(quick
        ? {}
        : {
            missed: rows
              .filter((row) => row['× answered'] > goal)
              .map((row) => `${row.who} costs ${row['× answered']} × an answer, the goal is ${goal}`),
          }),
    }
  },
}
