/** Live rollouts of models that are another than the one before and no worse: each should be promoted, whatever it predicts. */
import { deploy } from '../../pipeline/release/deploy.ts'
import type { Bench } from '../benches.ts'
import { exampleRecord } from '../bundle.ts'
import { upperBound } from '../verdict/figures.ts'
import { optionsOf, rollOut } from './bench.ts'
import { sendClients } from './clients.ts'
import { scratchProject } from './project.ts'

/** How many requests a second: a step takes a second at it. */
const rate = 1_000

export const healthy: Bench = {
  describe:
    'live rollouts on real servers of a model that is another one and no worse: how many are rolled back falsely',
  async run({ quick, say, size = quick ? 2 : 200 }) {
    await using project = await scratchProject()
    await deploy(optionsOf(project, await project.model(1, 'good')))
    const body = JSON.stringify({ records: [exampleRecord] })
    using clients = sendClients({ port: project.port, rate, key: project.key, body })
    const ends = new Map<string, number>()
    for (let round = 0; round < size; round += 1) {
      const { outcome, reason } = await rollOut(project, clients, round + 2, 'promoted')
      ends.set(outcome, (ends.get(outcome) ?? 0) + 1)
      say(`${round + 1} of ${size}: ${outcome} (${reason})`)
    }
    const { requests, failed } = await clients.seen()
    const back = ends.get('rolled back') ?? 0
    const bound = upperBound(back, size)
    return {
      title: `${size} live rollouts, each of a model with other weights and so other predictions, and no worse`,
      rows: [...ends].map(([outcome, rollouts]) => ({ outcome, rollouts })),
      notes: [
        `${back} of ${size} rolled back falsely: upper 95 % bound ${(100 * bound).toFixed(2)} % (Clopper-Pearson).`,
        `${failed} of ${requests} requests failed.`,
      ],
      missed: [
        ...(back > 0.01 * size ? [`${back} of ${size} healthy releases were rolled back, the goal is 1 %`] : []),
        ...(failed > 0 ? [`${failed} requests failed`] : []),
      ],
    }
  },
}
