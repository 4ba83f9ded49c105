/** Rollouts on real servers under clients that do not wait: promoted and rolled back in turn, none of their requests may fail. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { deploy } from '../../pipeline/release/deploy.ts'
import { readJournal } from '../../pipeline/release/journal.ts'
import { processesOf } from '../../pipeline/release/targets/processes.ts'
import type { Bench } from '../benches.ts'
import { exampleRecord } from '../bundle.ts'
import { type Clients, type Seen, sendClients } from './clients.ts'
import { environment, type Project, scratchProject } from './project.ts'
import { type RolloutSeen, report } from './report.ts'
import { kindsOf, readDrawn } from './weights.ts'

/** How many requests a second: what two cores can take beside servers that start. */
const rate = 1_000

export const rollout: Bench = {
  describe:
    'rollouts on real servers under load: failed requests, realised weights, time from verdict to last canary request',
  async run({ quick, say, size = 1_000_000 }) {
    const rounds = quick ? 1 : 50
    const requests = quick ? Math.min(size, 2_000) : size
    await using project = await scratchProject()
    const first = await project.model(1, 'good')
    await deploy(optionsOf(project, first))
    using clients = sendClients({
      port: project.port,
      rate: quick ? 100 : rate,
      key: project.key,
      body: JSON.stringify({ records: [exampleRecord] }),
    })
    const seen: RolloutSeen[] = []
    for (let round = 0; round < rounds; round += 1)
      for (const end of ['promoted', round % 2 ? 'killed' : 'shifted'] as const) {
        const one = await rollOut(project, clients, 2 * round + (end === 'promoted' ? 2 : 3), end)
        seen.push(one)
        const { requests, failed } = await clients.seen()
        say(`${one.end}: ${one.outcome} (${one.reason}); ${failed} of ${requests} requests failed so far`)
      }
    let all = await clients.seen()
    for (; all.requests < requests; all = await clients.seen()) await sleep(200)
    return report(seen, all, { rounds, requests, quick })
  },
}

export const optionsOf = (project: Project, { model, bundle }: Awaited<ReturnType<Project['model']>>) => ({
  root: project.root,
  environment,
  commit: project.commit,
  model,
  bundle: async () => bundle,
  registry: null,
})

/** One rollout, and what it left in the gateway's events and among the clients. A canary that is `killed` is ended for good in the middle of its trial. */
export async function rollOut(
  project: Project,
  clients: Clients,
  version: number,
  end: RolloutSeen['end'],
): Promise<RolloutSeen> {
  const made = await project.model(version, end === 'shifted' ? 'shifted' : 'good')
  let verdictAt = 0
  let abortedAt = 0
  const log = (line: string) => {
    if (/^(promote|roll back): /.test(line)) verdictAt = Date.now()
    if (/ gets no more requests: /.test(line)) abortedAt = Date.now()
    if (end === 'killed' && /^canary at /.test(line)) void killCanary(project)
  }
  const { outcome, reason, releaseCommit = '' } = await deploy({ ...optionsOf(project, made), log })
  // Events are written within 50 ms, and an answer may take its time.
  await sleep(150)
  const { lastSent }: Seen = await clients.seen()
  const file = join(project.state, 'events', `${releaseCommit.slice(0, 12)}.jsonl`)
  const { byWeight, canarySent } = await readDrawn(file)
  const last = Math.max(...canarySent, 0)
  return {
    end,
    outcome,
    reason: (outcome === 'promoted') === (end === 'promoted') ? reason : `${reason} [${await kindsOf(file)}]`,
    byWeight,
    canaryRequests: canarySent.length,
    afterVerdictMs: outcome === 'rolled back' ? Math.max(0, last - verdictAt) : undefined,
    // Seen by both: what the gateway sent the canary, and what clients sent that this model answered.
    afterAbort:
      outcome === 'rolled back'
        ? canarySent.filter((at) => at > abortedAt).length + ((lastSent[made.model.digest] ?? 0) > abortedAt ? 1 : 0)
        : 0,
  }
}

async function killCanary({ state }: Project): Promise<void> {
  const canary = (await readJournal(state)).canary
  for (const { pid, id } of await processesOf(state)) if (id === canary?.id) process.kill(pid, 'SIGKILL')
}
