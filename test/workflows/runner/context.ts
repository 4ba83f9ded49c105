import { repositoryId } from '../github/shown/repository.ts'
import { idOf } from '../github/shown/user.ts'
import type { Run } from '../github/state.ts'
import { trackingVariable } from './processes.ts'
import type { World } from './world.ts'

/** What a run is about, beside what the stand-in keeps of it. */
export type About = {
  /** `GITHUB_REF` and the commit that is checked out; of a pull request its trial merge. */
  readonly ref: string
  readonly sha: string
  readonly actor: string
  /** `GITHUB_HEAD_REF` and `GITHUB_BASE_REF`, of a pull request. */
  readonly heads: { readonly [name: string]: string }
}

/**
 * The environment of a run's jobs, in GitHub's words (https://docs.github.com/actions/reference/workflows-and-actions/variables); act adds those that follow
 * from the job and the payload. `SHA_REF` is how act is told the commit.
 */
export function contextOf(
  world: World,
  run: Run,
  { ref, sha, actor, heads }: About,
): { readonly [name: string]: string } {
  const { repository } = world.github.state
  const [owner = ''] = repository.split('/')
  const branch = ref.replace(/^refs\/(heads|tags|pull)\//, '')
  return {
    ...world.machine,
    GITHUB_REPOSITORY: repository,
    GITHUB_REPOSITORY_ID: String(repositoryId(repository)),
    GITHUB_REPOSITORY_OWNER: owner,
    GITHUB_REPOSITORY_OWNER_ID: String(idOf(owner)),
    GITHUB_SERVER_URL: world.github.serverUrl,
    GITHUB_API_URL: world.github.apiUrl,
    GITHUB_GRAPHQL_URL: `${world.github.apiUrl}/graphql`,
    GITHUB_RUN_ID: String(run.id),
    GITHUB_RUN_NUMBER: String(run.number),
    GITHUB_RUN_ATTEMPT: String(run.attempt),
    GITHUB_REF: ref,
    GITHUB_REF_NAME: branch,
    GITHUB_REF_TYPE: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    ...heads,
    GITHUB_SHA: sha,
    SHA_REF: sha,
    GITHUB_ACTOR: actor,
    GITHUB_ACTOR_ID: String(idOf(actor)),
    GITHUB_TRIGGERING_ACTOR: actor,
    GITHUB_WORKFLOW_REF: `${repository}/${run.workflow}@${ref}`,
    GITHUB_WORKFLOW_SHA: sha,
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'GitHub Actions 1',
  }
}

/** What a runner of ours has beside: its mark, and where stand-ins for actions find what they play with. */
export function runnerOf(world: World, mark: string): { readonly [name: string]: string } {
  return {
    [trackingVariable]: mark,
    MERGELINE_TEST_PACKAGES: world.packages ?? '',
    MERGELINE_TEST_CACHES: `${world.home}/caches`,
    // Of the job's own folder, and by paths within it: the checkout links it to one for all.
    ...(world.packages ? { NODE_COMPILE_CACHE: '.mergeline/compiled', NODE_COMPILE_CACHE_PORTABLE: '1' } : {}),
  }
}
