import { git } from '../git/command.ts'
import type { IssueComment, Pull } from '../state.ts'
import { halves, type World } from '../world.ts'
import { apiOf, pageOf, repositoryId, shownRepository } from './repository.ts'
import { nodeId, shownUser } from './user.ts'

/** `pull-request-simple`. As long as it is open, `merge_commit_sha` is its trial merge. */
export function shownPull(world: World, pull: Pull) {
  const { urls, state } = world
  const { number, id, title, body, merged } = pull
  const api = `${apiOf(world)}/pulls/${number}`
  const issue = `${apiOf(world)}/issues/${number}`
  const html = `${pageOf(world)}/pull/${number}`
  const more = {
    commits_url: `${api}/commits`,
    review_comments_url: `${api}/comments`,
    review_comment_url: `${apiOf(world)}/pulls/comments{/number}`,
    comments_url: `${issue}/comments`,
    statuses_url: `${apiOf(world)}/statuses/${pull.headSha}`,
  }
  const links = Object.entries({ ...more, html_url: html, issue_url: issue, self_url: api })
  return {
    url: api,
    id,
    node_id: nodeId('PullRequest', id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    ...more,
    number,
    state: pull.state,
    locked: false,
    title,
    user: shownUser(urls, pull.author),
    body: body === '' ? null : body,
    labels: [],
    milestone: null,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.state === 'closed' ? pull.updatedAt : null,
    merged_at: merged?.at ?? null,
    merge_commit_sha: merged?.sha ?? pull.trialSha,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    head: shownSide(world, pull.owner, pull.branch, pull.headSha),
    base: shownSide(world, halves(state.repository).owner, pull.base, pull.baseSha),
    _links: Object.fromEntries(links.map(([name, href]) => [name.slice(0, -4), { href }])),
    author_association: 'CONTRIBUTOR',
    auto_merge: null,
    draft: false,
  }
}

function shownSide(world: World, owner: string, ref: string, sha: string) {
  const repository = `${owner}/${halves(world.state.repository).name}`
  const user = shownUser(world.urls, owner)
  return { label: `${owner}:${ref}`, ref, sha, user, repo: shownRepository(world, repository) }
}

/** `pull-request` */
export async function shownWholePull(world: World, pull: Pull) {
  const range = `${pull.baseSha}...${pull.headSha}`
  const changed = (await git(world.origin, ['diff', '--numstat', range])).split('\n').filter(Boolean)
  const sum = (column: number) => changed.reduce((total, line) => total + (Number(line.split('\t')[column]) || 0), 0)
  const mergeable = pull.state === 'open' ? pull.trialSha !== null : null
  return {
    ...shownPull(world, pull),
    merged: pull.merged !== null,
    mergeable,
    rebaseable: mergeable,
    mergeable_state: mergeable === null ? 'unknown' : mergeable ? 'clean' : 'dirty',
    merged_by: pull.merged ? shownUser(world.urls, pull.merged.by) : null,
    comments: world.state.issueComments.filter(({ issue }) => issue === pull.number).length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: Number(await git(world.origin, ['rev-list', '--count', `${pull.baseSha}..${pull.headSha}`])),
    additions: sum(0),
    deletions: sum(1),
    changed_files: changed.length,
  }
}

/** `pull-request-minimal`, as a workflow run names its pull requests. */
export function shownPullOfRun(world: World, pull: Pull) {
  const { number, id, branch, headSha, base: ref, baseSha } = pull
  const { repository } = world.state
  const repo = { id: repositoryId(repository), url: apiOf(world), name: halves(repository).name }
  const base = { ref, sha: baseSha, repo }
  return { id, number, url: `${apiOf(world)}/pulls/${number}`, head: { ref: branch, sha: headSha, repo }, base }
}

/** `issue-comment` */
export function shownComment(world: World, { id, issue, author, body, createdAt, updatedAt }: IssueComment) {
  return {
    id,
    node_id: nodeId('IssueComment', id),
    url: `${apiOf(world)}/issues/comments/${id}`,
    html_url: `${pageOf(world)}/pull/${issue}#issuecomment-${id}`,
    issue_url: `${apiOf(world)}/issues/${issue}`,
    body,
    user: shownUser(world.urls, author),
    created_at: createdAt,
    updated_at: updatedAt,
    author_association: author === 'github-actions[bot]' ? 'NONE' : 'CONTRIBUTOR',
    performed_via_github_app: null,
  }
}
