import { halves, type World } from '../world.ts'
import { idOf, nodeId, shownUser } from './user.ts'

/** Addresses of a repository's API that every answer about it repeats: name of the field → what follows the repository's own. */
const addresses = {
  archive: '/{archive_format}{/ref}',
  assignees: '/assignees{/user}',
  blobs: '/git/blobs{/sha}',
  branches: '/branches{/branch}',
  collaborators: '/collaborators{/collaborator}',
  comments: '/comments{/number}',
  commits: '/commits{/sha}',
  compare: '/compare/{base}...{head}',
  contents: '/contents/{+path}',
  contributors: '/contributors',
  deployments: '/deployments',
  downloads: '/downloads',
  events: '/events',
  forks: '/forks',
  git_commits: '/git/commits{/sha}',
  git_refs: '/git/refs{/sha}',
  git_tags: '/git/tags{/sha}',
  hooks: '/hooks',
  issue_comment: '/issues/comments{/number}',
  issue_events: '/issues/events{/number}',
  issues: '/issues{/number}',
  keys: '/keys{/key_id}',
  labels: '/labels{/name}',
  languages: '/languages',
  merges: '/merges',
  milestones: '/milestones{/number}',
  notifications: '/notifications{?since,all,participating}',
  pulls: '/pulls{/number}',
  releases: '/releases{/id}',
  stargazers: '/stargazers',
  statuses: '/statuses/{sha}',
  subscribers: '/subscribers',
  subscription: '/subscription',
  tags: '/tags',
  teams: '/teams',
  trees: '/git/trees{/sha}',
}

/** The address of the repository's API. */
export const apiOf = ({ urls, state }: World) => `${urls.api}/repos/${state.repository}`

/** The address of the repository's pages. */
export const pageOf = ({ urls, state }: World) => `${urls.server}/${state.repository}`

/** A repository's id, of the one at hand or of a fork. */
export const repositoryId = (repository: string) => idOf(`repository ${repository}`)

/** `minimal-repository` */
export function shownBriefly({ urls, state }: World, repository = state.repository) {
  const { owner, name } = halves(repository)
  const url = `${urls.api}/repos/${repository}`
  const entries = Object.entries(addresses).map(([field, rest]) => [`${field}_url`, `${url}${rest}`] as const)
  return {
    id: repositoryId(repository),
    node_id: nodeId('Repository', repositoryId(repository)),
    name,
    full_name: repository,
    private: state.private,
    owner: shownUser(urls, owner),
    html_url: `${urls.server}/${repository}`,
    description: null,
    fork: repository !== state.repository,
    url,
    ...Object.fromEntries(entries),
  }
}

/** `repository` */
export function shownRepository(world: World, repository = world.state.repository) {
  const page = `${world.urls.server}/${repository}`
  const count = { forks: 0, stargazers: 0, watchers: 0, open_issues: 0 }
  return {
    ...shownBriefly(world, repository),
    git_url: `git://${page.split('//')[1]}.git`,
    ssh_url: `git@github.com:${repository}.git`,
    clone_url: `${page}.git`,
    svn_url: page,
    mirror_url: null,
    homepage: null,
    language: 'TypeScript',
    license: null,
    default_branch: 'main',
    size: 1,
    ...Object.fromEntries(Object.entries(count).map(([name, value]) => [`${name}_count`, value])),
    forks: 0,
    watchers: 0,
    open_issues: 0,
    ...{ has_issues: true, has_projects: false, has_wiki: false, has_pages: false, has_downloads: true },
    ...{ has_discussions: false, archived: false, disabled: false },
    visibility: world.state.private ? 'private' : 'public',
    ...{ pushed_at: '2026-01-01T00:00:00Z', created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z' },
  }
}
