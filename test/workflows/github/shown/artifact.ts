import type { Artifact } from '../state.ts'
import type { World } from '../world.ts'
import { apiOf, repositoryId } from './repository.ts'
import { nodeId } from './user.ts'

/** `artifact` */
export function shownArtifact(world: World, artifact: Artifact) {
  const { id, runId, attempt, name, size, expired, digest, createdAt, expiresAt } = artifact
  const run = world.state.runs.find((each) => each.id === runId && each.attempt === attempt)
  const url = `${apiOf(world)}/actions/artifacts/${id}`
  return {
    id,
    node_id: nodeId('Artifact', id),
    name,
    size_in_bytes: size,
    url,
    archive_download_url: `${url}/zip`,
    expired,
    digest,
    created_at: createdAt,
    updated_at: createdAt,
    expires_at: expiresAt,
    workflow_run: run
      ? {
          id: runId,
          repository_id: repositoryId(world.state.repository),
          head_repository_id: repositoryId(run.headRepository),
          head_branch: run.headBranch,
          head_sha: run.headSha,
        }
      : null,
  }
}
