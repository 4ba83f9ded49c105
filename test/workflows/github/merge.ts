import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { git } from './git/command.ts'
import { blockers } from './merge-rules.ts'
import { eventOf, mergedTree, refreshPulls } from './pulls.ts'
import { now, type Pull } from './state.ts'
import type { World } from './world.ts'

export type Method = 'merge' | 'squash' | 'rebase'

const main = 'refs/heads/main'

/** Merges an open pull request as the button does, and returns the commit that main is at then. Throws where the two conflict, and where a rule refuses it. */
export async function merge(world: World, number: number, method: Method, by = 'grace'): Promise<string> {
  const { origin } = world
  const pull = openPullOf(world, number)
  if (pull.base !== 'main')
    throw new Error(`pull request #${number} is onto ${pull.base}, and merged is only into main`)
  const refused = await blockers(world, pull.headSha, method)
  if (refused.length > 0) throw new Error(`pull request #${number} cannot be merged: ${refused.join(', ')}`)
  const before = await git(origin, ['rev-parse', main])
  const sha =
    method === 'squash'
      ? await squash(world, pull, before)
      : method === 'rebase'
        ? await rebase(origin, pull, before, by)
        : await commit(world, pull, before, ['-p', pull.headSha], mergeMessage(pull))
  await land(world, before, sha, [{ pull, sha, from: before }], by)
  return sha
}

/** The open pull request of a number. Throws for any other. */
export function openPullOf({ state }: World, number: number): Pull {
  const pull = state.pulls.find((each) => each.number === number && each.state === 'open')
  if (!pull) throw new Error(`there is no open pull request #${number}`)
  return pull
}

/** Moves main, as who merged: what came by each pull request is then its own. */
export async function land(
  world: World,
  before: string,
  after: string,
  merged: readonly { readonly pull: Pull; readonly sha: string; readonly from: string }[],
  by: string,
): Promise<void> {
  const { origin, state } = world
  await git(origin, ['update-ref', '-m', `merged by ${by}`, main, after, before])
  for (const { pull, sha, from } of merged) {
    const commits = (await git(origin, ['rev-list', `${from}..${sha}`])).split('\n')
    Object.assign(pull, { state: 'closed', merged: { sha, commits, at: now(), by }, updatedAt: now() })
    state.events.push(eventOf(pull, 'closed', pull.headSha, { actor: by, starts: true }))
  }
  state.events.push({ event: 'push', ref: main, before, after, actor: by, starts: true })
  await refreshPulls(world, { actor: by, starts: true })
}

/** One commit on `base` with all that the pull request changes, in the name of who wrote it. */
export async function squash(world: World, pull: Pull, base: string): Promise<string> {
  const messages = await git(world.origin, ['log', '--reverse', '--format=* %s', `${base}..${pull.headSha}`])
  return commit(world, pull, base, [], `${pull.title} (#${pull.number})\n\n${messages}\n`)
}

async function commit({ origin }: World, pull: Pull, base: string, parents: readonly string[], message: string) {
  const tree = await mergedTree(origin, base, pull.headSha)
  if (!tree) throw new Error(`pull request #${pull.number} conflicts with main`)
  const [name = '', email = ''] = (await git(origin, ['log', '-1', '--format=%an%n%ae', pull.headSha])).split('\n')
  const env = parents.length > 0 ? {} : { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email }
  return git(origin, ['commit-tree', tree, '-p', base, ...parents, '-F', '-'], { input: message, env })
}

const mergeMessage = ({ number, owner, branch, title }: Pull) =>
  `Merge pull request #${number} from ${owner}/${branch}\n\n${title}\n`

/** Every commit again on top of main, also where it need not move: GitHub makes new ones always. */
async function rebase(origin: string, pull: Pull, base: string, by: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'mergeline-rebase-'))
  try {
    const tree = join(dir, 'tree')
    await git(origin, ['worktree', 'add', '--quiet', '--detach', tree, pull.headSha])
    const env = { GIT_COMMITTER_NAME: by, GIT_COMMITTER_EMAIL: `${by}@users.noreply.github.com` }
    await git(tree, ['rebase', '--quiet', '--force-rebase', base], { env })
    const sha = await git(tree, ['rev-parse', 'HEAD'])
    await git(origin, ['worktree', 'remove', '--force', tree])
    return sha
  } finally {
    await rm(dir, { recursive: true, force: true })
    await git(origin, ['worktree', 'prune'])
  }
}
