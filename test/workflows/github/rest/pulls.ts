import { loginOf } from '../credentials.ts'
import { ask } from '../git/command.ts'
import type { Need } from '../permissions.ts'
import { shownComment, shownPull, shownWholePull } from '../shown/pull.ts'
import { type IssueComment, nextId, now, type Pull, type State } from '../state.ts'
import { halves, type World } from '../world.ts'
import { type Call, found, invalid, notFound, paged, type Route } from './route.ts'

const either = (level: 'read' | 'write'): Need[] => [
  ['pull-requests', level],
  ['issues', level],
]

/** Comments hold this many characters (https://github.com/orgs/community/discussions/27190). */
const commentLimit = 65_536

/** Pull requests and what is said in them. */
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
  {
    operation: 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
    needs: either('read'),
    answer(call) {
      const { state } = call.world
      const issue = Number(call.params['issue_number'])
      if (!state.pulls.some(({ number }) => number === issue)) return notFound
      const since = call.query['since'] ?? ''
      const comments = state.issueComments.filter((each) => each.issue === issue && each.updatedAt >= since)
      return paged(call, comments, (comment) => shownComment(call.world, comment))
    },
  },
  {
    operation: 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
    needs: either('write'),
    answer({ world, params, body: { body }, who }) {
      const { state } = world
      const issue = Number(params['issue_number'])
      if (!state.pulls.some(({ number }) => number === issue)) return notFound
      if (body.length > commentLimit || body === '') return wrongBody(body)
      const made = { id: nextId(state), issue, author: loginOf(who), body, createdAt: now(), updatedAt: now() }
      state.issueComments.push(made)
      return { status: 201, body: shownComment(world, made) }
    },
  },
  {
    operation: 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}',
    needs: either('read'),
    answer: ({ world, params }) =>
      found(commentOf(world.state, params['comment_id']), (comment) => shownComment(world, comment)),
  },
  {
    operation: 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
    needs: either('write'),
    answer({ world, params, body: { body } }) {
      const comment = commentOf(world.state, params['comment_id'])
      if (!comment) return notFound
      if (body.length > commentLimit || body === '') return wrongBody(body)
      Object.assign(comment, { body, updatedAt: now() })
      return { body: shownComment(world, comment) }
    },
  },
  {
    operation: 'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}',
    needs: either('write'),
    answer({ world: { state }, params }) {
      const comment = commentOf(state, params['comment_id'])
      if (!comment) return notFound
      state.issueComments.splice(state.issueComments.indexOf(comment), 1)
      return { status: 204 }
    },
  },
]

const commentOf = ({ issueComments }: State, id = ''): IssueComment | undefined =>
  issueComments.find((comment) => comment.id === Number(id))

const wrongBody = (body: string) =>
  body === ''
    ? invalid('IssueComment', 'data', 'unprocessable', 'Body cannot be blank')
    : invalid('IssueComment', 'data', 'unprocessable', `Body is too long (maximum is ${commentLimit} characters)`)

const invalidCommit = (sha = '') => invalid('Commit', 'sha', 'invalid', `No commit found for SHA: ${sha}`)

/** Newest first; `head` is `owner:branch`, and without an owner GitHub ignores it. */
function listed({ world: { state }, query }: Call): Pull[] {
  const { state: wanted = 'open', head = '', base = 'main', sort = 'created', direction } = query
  const pulls = state.pulls
    .filter((pull) => wanted === 'all' || pull.state === wanted)
    .filter(({ owner, branch }) => !head.includes(':') || `${owner}:${branch}` === head)
    .filter(() => base === 'main')
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
