import { git } from './git/command.ts'
import { land, openPullOf, squash } from './merge.ts'
import { blockers } from './merge-rules.ts'
import type { World } from './world.ts'

/** What the queue tests for one pull request: it and all before it, on top of main. */
export type Group = {
  readonly pull: number
  readonly ref: string
  readonly sha: string
  readonly baseSha: string
}

/**
 * Puts pull requests into the merge queue, one commit each, stacked on main in their order; main does not move. Every one gets a branch
 * `gh-readonly-queue/main/pr-N-<commit below it>` and an event `merge_group`; the last group has them all.
 */
export async function mergeGroup(
  world: World,
  pulls: readonly number[],
): Promise<Group & { readonly groups: readonly Group[] }> {
  const { origin, state } = world
  const groups: Group[] = []
  let baseSha = await git(origin, ['rev-parse', 'refs/heads/main'])
  for (const number of pulls) {
    const sha = await squash(world, openPullOf(world, number), baseSha)
    const ref = `refs/heads/gh-readonly-queue/main/pr-${number}-${baseSha}`
    await git(origin, ['update-ref', ref, sha])
    groups.push({ pull: number, ref, sha, baseSha })
    const by = { actor: 'github-merge-queue[bot]', starts: true }
    state.events.push({ event: 'merge_group', action: 'checks_requested', ref, before: baseSha, after: sha, ...by })
    baseSha = sha
  }
  const last = groups.at(-1)
  if (!last) throw new Error('a merge group has at least one pull request')
  return { ...last, groups }
}

/** Lands a group whose checks passed: main moves to the very commit that was tested. Throws where one failed, and where main has moved on. */
export async function landGroup(world: World, groups: readonly Group[]): Promise<void> {
  const { origin } = world
  const [first, last] = [groups[0], groups.at(-1)]
  if (!first || !last) throw new Error('a merge group has at least one pull request')
  const refused = await blockers(world, last.sha, 'squash')
  if (refused.length > 0) throw new Error(`the merge group is refused: ${refused.join(', ')}`)
  const merged = groups.map(({ pull, sha, baseSha }) => ({ pull: openPullOf(world, pull), sha, from: baseSha }))
  await land(world, first.baseSha, last.sha, merged, 'github-merge-queue[bot]')
  for (const { ref } of groups) await git(origin, ['update-ref', '-d', ref])
}
