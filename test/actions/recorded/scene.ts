import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onGitHub } from '../../../actions/shared/elsewhere.ts'
import { readRunner } from '../../../actions/shared/runner.ts'
import { trainingArtifact } from '../../../actions/shared/training-files.ts'
import type { Context } from '../../../pipeline/steps/context.ts'
import { filesOfTraining } from '../../../pipeline/steps/finished-training.ts'
import { reuse } from '../../../pipeline/steps/reuse.ts'
import { writeSampleTraining } from '../../steps/sample-bundle.ts'
import type { RunOf } from '../../workflows/github/runs.ts'
import { start } from '../../workflows/github/scratch.ts'
import type { Artifact, Run } from '../../workflows/github/state.ts'
import { zipOf } from '../zip.ts'

export const fingerprint = `sha256:${'f'.repeat(64)}`
export const pullRequest = '.github/workflows/pull-request.yml'
export const staging = '.github/workflows/staging.yml'

type Job = {
  readonly run: Run
  readonly trust?: 'any' | 'recorded'
  readonly headRef?: string
  readonly permissions?: { readonly [scope: string]: 'read' | 'write' }
}

/** A repository on the stand-in for GitHub, with one commit on main, whose runs have recorded what the test says. */
export async function scene(options: { private?: boolean } = {}) {
  const github = await start(options)
  await github.commit('README.md', 'one\n')
  await github.push('origin', 'main')
  return {
    ...github,
    /** A run that has ended, with a training as its artifact; `change` does something to its files, and `told` to what GitHub says of it. */
    async recorded(
      run: RunOf & { readonly conclusion?: string },
      change: (files: Map<string, Buffer>) => void = () => {},
      told: Partial<Artifact> = {},
    ): Promise<Run> {
      const made = github.startRun(run)
      const { folder } = await writeSampleTraining(mkdtempSync(join(github.dir, 'made-')))
      const files = new Map((await filesOfTraining(folder)).map((path) => [path, readFileSync(join(folder, path))]))
      change(files)
      const archive = zipOf([...files].map(([path, content]) => ({ path, content })))
      const file = join(github.dir, `artifact-${made.id}`)
      writeFileSync(file, archive)
      github.state.artifacts.push({
        ...{ id: made.id * 10, runId: made.id, attempt: 1, name: trainingArtifact(fingerprint) },
        ...{ createdAt: made.createdAt, expiresAt: '2030-01-01T00:00:00Z', file, size: archive.length },
        ...{ digest: `sha256:${createHash('sha256').update(archive).digest('hex')}`, expired: false },
        ...told,
      })
      if (run.conclusion !== 'none') github.finishRun(made.id, run.conclusion ?? 'success')
      return made
    },
    /** What `train` would reuse in a job of this run. */
    async reuseIn({
      run,
      trust = 'any',
      headRef = '',
      permissions = { contents: 'read', actions: 'read', 'pull-requests': 'read' },
    }: Job) {
      rmSync(join(github.root, '.mergeline'), { recursive: true, force: true })
      const { token } = github.mintToken({ runId: run.id, job: `job-${Math.random()}`, permissions })
      const runner = readRunner({
        GITHUB_WORKSPACE: github.root,
        GITHUB_API_URL: github.apiUrl,
        GITHUB_REPOSITORY: github.state.repository,
        GITHUB_RUN_ID: String(run.id),
        GITHUB_SHA: run.headSha,
        GITHUB_REF: `refs/heads/${run.headBranch}`,
        GITHUB_HEAD_REF: headRef,
      })
      const found = await reuse(
        { root: github.root, ...onGitHub(runner, token, trust) } as Context,
        { fingerprint } as Parameters<typeof reuse>[1],
        null,
        null,
      )
      return 'made' in found ? { source: found.source, vouched: found.vouched } : found
    },
  }
}
