import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { onGitHub } from '../../../actions/shared/elsewhere.ts'
import { readRunner } from '../../../actions/shared/runner.ts'
import type { ModelStore } from '../../../pipeline/steps/elsewhere.ts'
import { writeSampleTraining } from '../../steps/sample-bundle.ts'
import type { scene } from './scene.ts'

type Scene = Awaited<ReturnType<typeof scene>>

/** The model store as a job of a run on main has it. */
export function storeIn(github: Scene, contents: 'read' | 'write' = 'write'): ModelStore {
  const run = github.startRun({ workflow: 'x.yml', event: 'push', headSha: 'a'.repeat(40), headBranch: 'main' })
  const { token } = github.mintToken({ runId: run.id, job: 'deploy', permissions: { contents } })
  const runner = readRunner({
    GITHUB_API_URL: github.apiUrl,
    GITHUB_SERVER_URL: github.serverUrl,
    GITHUB_REPOSITORY: github.state.repository,
    GITHUB_RUN_ID: String(run.id),
    GITHUB_SHA: run.headSha,
  })
  return onGitHub(runner, token).store as ModelStore
}

export const made = (github: Scene, more = {}) => writeSampleTraining(mkdtempSync(join(github.dir, 'made-')), { more })
export const newFolder = (github: Scene) => mkdtempSync(join(github.dir, 'fetched-'))
export const uploading = 'POST /repos/{owner}/{repo}/releases/{release_id}/assets'

export const tagOf = (digest: string) => `model-${digest.replace('sha256:', '')}`
