import { join } from 'node:path'
import type { DeployResult } from '../release/deployment.ts'
import type { EvaluatedGate } from '../steps/evaluate-gate.ts'
import type { Training } from '../steps/train.ts'
import { type Change, makeChanges } from './changes.ts'
import type { Story } from './story.ts'

/** What a release's way through Git came to. */
export type Way = {
  readonly pullRequest: Training
  readonly gate: EvaluatedGate
  /** The training step after the merge: reused, or the story is untrue. */
  readonly merge: Training
  readonly staging: DeployResult
  /** The merge commit on main. */
  readonly commit: string
}

/** A branch with the changes, pushed: validated, trained, judged, as its pull request would be; then squashed onto main, as most teams merge, and staged. */
export async function merged(
  story: Story,
  branch: string,
  title: string,
  changes: (root: string) => Promise<void>,
): Promise<Way> {
  const { git, tell, verb, scratch } = story
  await git('switch', '--quiet', '-c', branch)
  await changes(scratch.root)
  await git('commit', '--quiet', '-am', title)
  await git('push', '--quiet', 'origin', branch)
  const pullRequest = await judged(story)
  await git('switch', '--quiet', 'main')
  await git('merge', '--quiet', '--squash', branch)
  await git('commit', '--quiet', '-m', `${title} (squashed)`)
  await git('push', '--quiet', 'origin', 'main')
  const { value: merge } = await verb<Training>(['train'])
  tell(`the merged tree has the fingerprint of the reviewed one: its run is reused, ${merge.epochs} epochs`)
  await verb(['evaluate-gate'])
  await verb(['register'])
  const { value: staging } = await verb<DeployResult>(['deploy', '--environment', 'staging'])
  tell(`staging runs ${short(staging.digest)}, the digest that was reviewed`)
  const commit = await scratch.git('rev-parse', 'HEAD')
  return { ...pullRequest, merge, staging, commit }
}

/** Validated, trained and judged, in the tree as it is. */
export async function judged({ verb, tell, scratch }: Story): Promise<{ pullRequest: Training; gate: EvaluatedGate }> {
  await verb(['validate-data'])
  const { value: pullRequest } = await verb<Training>(['train'])
  tell(`trained: ${pullRequest.epochs} epochs in ${pullRequest.seconds} s, digest ${short(pullRequest.digest)}`)
  const { value: gate } = await verb<EvaluatedGate>(['evaluate-gate'])
  tell(`gate: ${gate.gate.result} — ${gate.gate.reasons[0] ?? ''}`)
  tell(`the report that the pull request gets: ${join(scratch.root, '.mergeline', 'report.html')}`)
  return { pullRequest, gate }
}

/** Changes lines of the tree. */
export const changing = (changes: readonly Change[]) => (root: string) => makeChanges(root, changes)

export const short = (digest: string) => digest.slice(0, 19)
