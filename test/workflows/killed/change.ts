import { tipOf } from '../github/git/command.ts'
import { land, propose, release } from '../project.ts'
import { deliverOne } from '../runner/deliver.ts'
import { workflowRunEvent } from '../runner/event.ts'
import type { WorkflowRun } from '../runner/run.ts'
import type { World } from '../runner/world.ts'
import { small } from '../trainings.ts'
import { attempts, hurtFirst } from './attempts.ts'
import type { Case } from './cases.ts'
import type { Change } from './whole.ts'

/** A small model first, then others that are about as good, each with a training of its own. */
const changesOf = (number: number) =>
  number === 0 ? small : [{ file: 'params.yaml', from: /learning_rate: [\d.]+/, to: `learning_rate: 0.01000${number}` }]

/** Takes a change from pull request to production, every run by as many attempts as there are cases of its workflow, and one more. */
export async function takeThrough(
  world: World,
  number: number,
  cases: readonly Case[],
  tell: (run: WorkflowRun, hurt?: Case) => void,
): Promise<Change> {
  const { github } = world
  const before = await tipOf(github.origin, 'refs/heads/releases')
  const on = (first: WorkflowRun | undefined, after = async (_run: WorkflowRun) => {}) =>
    attempts(world, first, cases, async (run, hurt) => {
      tell(run, hurt)
      if (run !== first) await after(run)
    })
  /** The end of every attempt is reported. */
  const report = async ({ id }: WorkflowRun) => {
    const ended = github.state.runs.findLast((run) => run.id === id)
    if (ended) await deliverOne(world, await workflowRunEvent(world, ended), { only: ['report.yml'] })
  }
  const proposal = { branch: `change-${number}`, title: `Change ${number}`, changes: changesOf(number) }
  const { pull, runs } = await propose(world, proposal, hurtFirst(world, cases))
  await on(runs['report.yml'])
  const reviewed = await on(runs['pull-request.yml'], report)
  const landed = await land(world, pull, 'squash', hurtFirst(world, cases))
  const staged = await on(landed.runs['staging.yml'])
  const tag = `v1.${number}.0`
  const tagged = await release(world, tag, landed.commit, hurtFirst(world, cases))
  const released = await on(tagged['production.yml'])
  return { before, pull: pull.number, commit: landed.commit, tag, trial: number > 0, reviewed, staged, released }
}
