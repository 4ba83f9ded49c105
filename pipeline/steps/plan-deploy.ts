import { join } from 'node:path'
import { queryAudit } from '../audit/query.ts'
import { InputError } from '../errors.ts'
import { type Environment, isRehearsal, loadEnvironment } from '../release/environment.ts'
import { commitOf } from '../release/git.ts'
import { historyAt, releaseFileAt } from '../release/history.ts'
import { fetchLedger } from '../release/ledger.ts'
import { planRollout, type Rate, type RolloutPlan } from '../release/plan.ts'
import { queueOf } from '../release/queue.ts'
import { promotedRelease } from '../release/record.ts'
import { holdOn, type Release } from '../release/release.ts'
import { stateDir } from '../release/targets/files.ts'
import { wantedRelease } from '../release/wanted.ts'
import type { Context } from './context.ts'
import { type DeployInputs, registeredFor } from './deploy.ts'
import { connect } from './tracking.ts'

export type PlannedDeploy = {
  readonly environment: string
  readonly release: Release
  /** What it takes the place of; null where nothing was promoted yet. */
  readonly running: Release | null
  /** What stands in its way: a hold, or somebody who rolls out. */
  readonly obstacles: readonly string[]
  readonly rate: Rate
  readonly rollout: RolloutPlan
}

/** What `deploy` would do with the same options: nothing is recorded, fetched or started. Throws InputError as `deploy` does where there is no such release. */
export async function planDeploy(
  context: Context,
  { environment: name, commit }: Pick<DeployInputs, 'environment' | 'commit'>,
): Promise<PlannedDeploy> {
  const { root } = context
  const environment = await loadEnvironment(root, name)
  const rehearsal = isRehearsal(environment)
  const model = name === 'staging' ? await registeredFor(context, await connect(context), commit) : undefined
  const release = await wantedRelease({ root, environment: name, model }, await commitOf(root, commit), rehearsal)
  const { tip } = await fetchLedger(root)
  const { held } = await releaseFileAt(root, tip, name)
  const hold = holdOn(held, release)
  const [open] = queueOf(await historyAt(root, tip, name)).releases
  const running = await promotedRelease(root, name)
  const rate = await rateOf(join(stateDir(root, name), 'audit'), environment)
  return {
    environment: name,
    release,
    running,
    obstacles: [
      ...(hold ? [`it is on hold since ${hold.since}: ${hold.why}`] : []),
      ...(open
        ? [
            `${open.holder ?? 'somebody'} rolls out ${open.entry.subject} since ${open.since}: it waits, or goes on with that`,
          ]
        : []),
    ],
    rate,
    rollout: planRollout(environment, rate, running === null),
  }
}

/** Today's traffic, from what the servers of this machine recorded in the last 24 hours: one request is one line of a request's id, however many records it had. */
async function rateOf(folder: string, { slo }: Environment): Promise<Rate> {
  const since = new Date(Date.now() - 24 * 3_600_000).toISOString()
  const sql = `SELECT count(DISTINCT request) AS requests,
      count(DISTINCT request) FILTER (WHERE status >= 500 OR ms > ${slo.latency_ms}) AS bad,
      epoch_ms(min(time)) AS since
    FROM audit WHERE time >= '${since}'::TIMESTAMPTZ`
  const rows = await queryAudit(folder, { sql, limit: 1 }).catch((error: Error) => {
    // No server of this machine has a log yet.
    if (error instanceof InputError && error.message.includes('no audit log there')) return []
    throw error
  })
  const { requests = 0, bad = 0, since: first } = (rows[0] ?? {}) as { requests?: number; bad?: number; since?: number }
  if (requests === 0 || !first) return null
  // Traffic that began an hour ago is an hour's.
  const minutes = Math.max(1, (Date.now() - Number(first)) / 60_000)
  return { perMinute: requests / minutes, bad: bad / requests }
}
