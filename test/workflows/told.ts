import assert from 'node:assert/strict'
import { parseRelease, type Release } from '../../pipeline/release/release.ts'
import { markdownText } from '../../pipeline/report/escape.ts'
import { ends, failures, ledger, type Runs } from './project.ts'
import type { World } from './runner/world.ts'

type Outputs = { readonly [name: string]: string }

/** What an action of ours put out in a job; empty where it did not run. */
export function outputsOf(runs: Runs, workflow: string, job: string, action: string): Outputs {
  const steps = runs[workflow]?.jobs[job]?.steps
  return steps?.find(({ name }) => name === `Run ./actions/${action}`)?.outputs ?? {}
}

export const logOf = (runs: Runs, workflow: string, job: string) => runs[workflow]?.jobs[job]?.log ?? ''

/** The training that the pull request's run came to. */
export const reviewed = (runs: Runs) => outputsOf(runs, 'pull-request.yml', 'model', 'train')

/** Epochs that all jobs of the runs trained together. */
export function epochsOf(runs: Runs): number {
  const steps = Object.values(runs).flatMap(({ jobs }) => Object.values(jobs).flatMap((job) => job.steps))
  return steps.reduce((sum, { outputs }) => sum + Number(outputs['epochs'] ?? 0), 0)
}

/** Asserts that these workflows ran and ended well; the message is the end of the logs of what failed. */
export function assertGreen(runs: Runs, ...workflows: readonly string[]): void {
  assert.deepEqual(
    ends(runs),
    workflows.map((workflow) => `${workflow}.yml: success`),
    failures(runs),
  )
}

/** The pull request's run, as `train` names where a training comes from. */
export const runOf = (runs: Runs) => `run ${runs['pull-request.yml']?.id}`

/** Asserts that main took an earlier training as it is, in all of its jobs. */
export function assertReused(runs: Runs, source: string, digest: string): void {
  assertGreen(runs, 'staging')
  const taken = outputsOf(runs, 'staging.yml', 'model', 'train')
  assert.deepEqual([taken['reused'], taken['source'], taken['digest'], taken['why']], ['true', source, digest, ''])
  assert.equal(outputsOf(runs, 'staging.yml', 'deploy', 'train')['source'], 'this run')
  assert.equal(epochsOf(runs), 0)
}

/** Asserts that main trained by itself, once, and says why: in log, job summary and output. Returns the training. */
export function assertRetrained(runs: Runs, why: string): Outputs {
  assertGreen(runs, 'staging')
  const made = outputsOf(runs, 'staging.yml', 'model', 'train')
  assert.deepEqual([made['reused'], made['source'], made['why']], ['false', 'trained', why])
  assert.ok(logOf(runs, 'staging.yml', 'model').includes(`train: nothing could be reused: ${why}\n`))
  assert.ok(runs['staging.yml']?.jobs['model']?.summary.includes(`| nothing reused | ${markdownText(why)} |`))
  assert.equal(epochsOf(runs), Number(made['epochs']), 'the other jobs take what this one made')
  return made
}

/** The release that the branch `releases` names for an environment; null before the first. */
export async function releasedTo({ user }: World, environment: string): Promise<Release | null> {
  await user.git('fetch', '--quiet', 'origin')
  const file = `releases:environments/${environment}/release.yaml`
  const text = await user.git('show', `origin/${file}`).catch(() => '')
  return text === '' ? null : parseRelease(text, file).release
}

/** Asserts that an environment was given this model for this commit, and promoted it. */
export async function assertShipped(world: World, environment: string, commit: string, digest: string): Promise<void> {
  const release = await releasedTo(world, environment)
  assert.deepEqual([release?.commit, release?.model.digest], [commit, digest])
  const [last = ''] = (await ledger(world)).filter((subject) => subject.startsWith(`${environment}: `)).slice(-1)
  assert.match(last, new RegExp(`^${environment}: promoted .*${digest.slice(0, 19)}`))
}
