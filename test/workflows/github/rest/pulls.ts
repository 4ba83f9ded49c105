import { ask } from '../git/command.ts'
import { shownPull, shownWholePull } from '../shown/pull.ts'
import type { Pull } from '../state.ts'
import { halves, type World } from '../world.ts'
import { type Call, found, invalid, paged, type Route } from './route.ts'

/** Pull requests. */
export const pullRoutes: readonly Route[] = [
  {
    operation: 'GET /repos/{owner}/{repo}/pulls',
    needs: [['pull-requests', 'read']],
    answer: (call) => paged(call, listed(call), (pull) => shownPull(call.world, pull)),
  },
  {
    operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    needs: [
      ['pull-requests', 'read'],
      ['contents', 'read'],
    ],
    answer: ({ world, params }) =>
      found(
        world.state.pulls.find(({ number }) => number === Number(params['pull_number'])),
        (pull) => shownWholePull(world, pull),
      ),
  },
  {
    operation: 'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls',
    needs: [['pull-requests', 'read']],
    async answer(call) {
      const { world, params } = call
      const pulls = await pullsOf(world, params['commit_sha'] ?? '')
      return pulls ? paged(call, pulls, (pull) => shownPull(world, pull)) : invalidCommit(params['commit_sha'])
    },
  },
]

const invalidCommit = (sha = '') => invalid('Commit', 'sha', 'invalid', `No commit found for SHA: ${sha}`)

/** Newest first; `head` is `owner:branch`, and without an owner GitHub ignores it. */
function listed({ world: { state }, query }: Call): Pull[] {
  const { state: wanted = 'open', head = '', base, sort = 'created', direction } = query
  const pulls = state.pulls
    .filter((pull) => wanted === 'all' || pull.state === wanted)
    .filter(({ owner, branch }) => !head.includes(':') || `${owner}:${branch}` === head)
    .filter((pull) => base === undefined || pull.base === base)
  const by = (pull: Pull) => (sort === 'updated' ? `${pull.updatedAt}` : String(pull.number).padStart(9, '0'))
  const ascending = pulls.toSorted((one, other) => (by(one) < by(other) ? -1 : 1))
  return (direction ?? (sort === 'created' ? 'desc' : 'asc')) === 'desc' ? ascending.reverse() : ascending
}

/** The merged pull request that brought a commit onto main; else the open ones of this repository (never a fork's) that hold it. */
async function pullsOf({ origin, state }: World, sha: string): Promise<Pull[] | null> {
  if (!(await ask(origin, ['rev-parse', '--verify', '--quiet', `${sha}^{commit}`]))) return null
  const merged = state.pulls.filter((pull) => pull.merged?.commits.includes(sha))
  if (merged.length > 0) return merged
  const open: Pull[] = []
  for (const pull of state.pulls.filter((each) => each.state === 'open')) {
    if (pull.owner !== halves(state.repository).owner) continue
    const own = (await ask(origin, ['rev-list', `${pull.baseSha}..${pull.headSha}`]))?.split('\n')
    if (own?.includes(sha)) open.push(pull)
  }
  return open
}
