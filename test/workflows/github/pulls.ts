import { ask, git, tipOf } from './git/command.ts'
import { type Event, nextId, now, type Pull } from './state.ts'
import { folderOf, halves, type World } from './world.ts'

/** A pull request to open. Without `owner` its branch is of the repository itself, else of that owner's fork. */
export type PullOf = {
  readonly owner?: string
  readonly branch: string
  readonly title: string
  readonly author?: string
  readonly body?: string
  readonly base?: string
}

const nothing = '0'.repeat(40)

/** Opens a pull request, onto main where no other base is named. Throws where there is no such branch. */
export async function openPull(world: World, pull: PullOf): Promise<Pull> {
  const { state } = world
  const { owner = halves(state.repository).owner, branch, title, body = '', base = 'main' } = pull
  const number = Math.max(0, ...state.pulls.map((each) => each.number)) + 1
  const author = pull.author ?? (pull.owner ? owner : 'ada')
  const times = { createdAt: now(), updatedAt: now() }
  const made: Pull = {
    ...{ number, id: nextId(state), owner, branch, author, title, body, ...times },
    ...{ headSha: nothing, base, baseSha: nothing, retargeted: [], state: 'open', trialSha: null, merged: null },
  }
  if (!(await follow(world, made))) throw new Error(`${owner} has no branch ${branch}`)
  state.pulls.push(made)
  state.events.push(eventOf(made, 'opened', nothing, { actor: author, starts: true }))
  return made
}

/** Somebody chooses another base for an open pull request. It starts no run: `edited` is not among the actions that do by default. Throws for any that is not open. */
export async function retarget(world: World, number: number, base: string, by = 'ada'): Promise<void> {
  const pull = world.state.pulls.find((each) => each.number === number && each.state === 'open')
  if (!pull) throw new Error(`there is no open pull request #${number}`)
  pull.base = base
  await follow(world, pull)
  pull.updatedAt = now()
  pull.retargeted.push({ id: nextId(world.state), at: now(), by })
}

/** After a push: the open pull requests follow their branches, and their trial merges main. One whose branch is gone is closed. */
export async function refreshPulls(
  world: World,
  by: { readonly actor: string; readonly starts: boolean },
): Promise<void> {
  for (const pull of world.state.pulls.filter((each) => each.state === 'open')) {
    const before = pull.headSha
    if (!(await follow(world, pull))) {
      pull.state = 'closed'
      world.state.events.push(eventOf(pull, 'closed', before, by))
    } else if (pull.headSha !== before) world.state.events.push(eventOf(pull, 'synchronize', before, by))
  }
}

/** What GitHub tells workflows of a pull request. Those of a fork start workflows, too; a job's token may not. */
export function eventOf(
  pull: Pull,
  action: 'opened' | 'synchronize' | 'closed',
  before: string,
  by: { readonly actor: string; readonly starts: boolean },
): Event {
  return {
    event: 'pull_request',
    action,
    pull: pull.number,
    ref: `refs/pull/${pull.number}/merge`,
    before,
    after: pull.headSha,
    ...by,
  }
}

/** False where the branch is gone, or its base. */
async function follow({ dir, origin, state }: World, pull: Pull): Promise<boolean> {
  const { number, owner, branch } = pull
  const from = folderOf(dir, `${owner}/${halves(state.repository).name}`)
  const head = await tipOf(from, `refs/heads/${branch}`)
  if (!head) return false
  const base = await tipOf(origin, `refs/heads/${pull.base}`)
  if (!base) return false
  if (head === pull.headSha && base === pull.baseSha) return true
  if (from === origin) await git(origin, ['update-ref', `refs/pull/${number}/head`, head])
  else await git(origin, ['fetch', '--quiet', from, `+refs/heads/${branch}:refs/pull/${number}/head`])
  pull.trialSha = await trialMerge(origin, base, head)
  const trial = `refs/pull/${number}/merge`
  await git(origin, pull.trialSha ? ['update-ref', trial, pull.trialSha] : ['update-ref', '-d', trial])
  if (pull.headSha !== head) pull.updatedAt = now()
  pull.headSha = head
  pull.baseSha = base
  return true
}

/** The merge that `pull_request` workflows check out; null where the two conflict. */
async function trialMerge(origin: string, base: string, head: string): Promise<string | null> {
  const tree = await mergedTree(origin, base, head)
  return tree && git(origin, ['commit-tree', tree, '-p', base, '-p', head, '-m', `Merge ${head} into ${base}`])
}

/** The tree of two commits merged; null where they conflict. */
export async function mergedTree(origin: string, base: string, head: string): Promise<string | null> {
  const said = await ask(origin, ['merge-tree', '--write-tree', '--no-messages', base, head])
  return said === null ? null : (said.split('\n')[0] ?? null)
}
