import { loginOf } from '../credentials.ts'
import type { Need } from '../permissions.ts'
import { shownComment } from '../shown/pull.ts'
import { type IssueComment, nextId, now, type State } from '../state.ts'
import { found, invalid, notFound, paged, type Route } from './route.ts'

const either = (level: 'read' | 'write'): Need[] => [
  ['pull-requests', level],
  ['issues', level],
]

/** Comments hold this many characters (https://github.com/orgs/community/discussions/27190). */
const commentLimit = 65_536

/** What is said in pull requests. */
export const commentRoutes: readonly Route[] = [
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
