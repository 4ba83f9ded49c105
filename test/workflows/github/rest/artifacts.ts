import { rmSync } from 'node:fs'
import { shownArtifact } from '../shown/artifact.ts'
import type { Artifact, State } from '../state.ts'
import { signedUrl } from '../storage.ts'
import { type Call, found, notFound, paged, type Route, refuse } from './route.ts'

const artifacts = '/repos/{owner}/{repo}/actions/artifacts'
const needs = [['actions', 'read']] as const

/** Artifacts of all runs. Their archives come from the storage, by a link that holds for a minute. */
export const artifactRoutes: readonly Route[] = [
  { operation: `GET ${artifacts}`, needs, answer: (call) => listed(call, () => true) },
  {
    operation: 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts',
    needs,
    answer: (call) => listed(call, ({ runId }) => runId === Number(call.params['run_id'])),
  },
  {
    operation: `GET ${artifacts}/{artifact_id}`,
    needs,
    answer: ({ world, params }) =>
      found(artifactOf(world.state, params['artifact_id']), (artifact) => shownArtifact(world, artifact)),
  },
  {
    operation: `GET ${artifacts}/{artifact_id}/{archive_format}`,
    needs,
    answer({ world, params }) {
      const artifact = artifactOf(world.state, params['artifact_id'])
      if (!artifact?.file || params['archive_format'] !== 'zip') return notFound
      if (artifact.expired) return refuse(410, 'Artifact has expired')
      return { status: 302, headers: { location: signedUrl(world, artifact.file, `${artifact.name}.zip`) } }
    },
  },
  {
    operation: `DELETE ${artifacts}/{artifact_id}`,
    needs: [['actions', 'write']],
    answer({ world: { state }, params }) {
      const artifact = artifactOf(state, params['artifact_id'])
      if (!artifact?.file) return notFound
      rmSync(artifact.file)
      state.artifacts.splice(state.artifacts.indexOf(artifact), 1)
      return { status: 204 }
    },
  },
]

/** Only what was uploaded to its end. */
const artifactOf = ({ artifacts: all }: State, id = '') =>
  all.find((artifact) => artifact.id === Number(id) && artifact.file !== null)

/** Newest first. Expired ones are still there. */
function listed(call: Call, wanted: (artifact: Artifact) => boolean) {
  const { world, query } = call
  const all = world.state.artifacts
    .filter((artifact) => artifact.file !== null && wanted(artifact))
    .filter(({ name }) => query['name'] === undefined || name === query['name'])
    .toSorted((one, other) => other.id - one.id)
  const list = query['direction'] === 'asc' ? all.reverse() : all
  return paged(
    call,
    list,
    (each) => shownArtifact(world, each),
    (shown, total_count) => ({ total_count, artifacts: shown }),
  )
}
