import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requireAsked, requireAttested, requireExpected } from '../../actions/shared/admit.ts'
import { openGitHub } from '../../actions/shared/github.ts'
import { readRunner } from '../../actions/shared/runner.ts'
import { InputError, RefusedError } from '../../pipeline/errors.ts'
import type { Release } from '../../pipeline/release/release.ts'
import type { RunOf } from '../workflows/github/runs.ts'
import { start } from '../workflows/github/scratch.ts'

const sha = (digit: string) => `sha256:${digit.repeat(64)}`
const image = `ghcr.io/acme/shop@${sha('c')}`
const releaseOf = (commit: string): Release => ({
  model: { name: 'sales', digest: sha('a'), fingerprint: sha('b') },
  image,
  commit,
  rehearsal: false,
})

test('only what was planned is rolled out', () => {
  const release = releaseOf('f'.repeat(40))
  const unplanned = { digest: undefined, image: undefined }
  requireExpected(release, unplanned)
  requireExpected(release, { digest: sha('a'), image })
  assert.throws(() => requireExpected(release, { ...unplanned, digest: sha('d') }), InputError)
  assert.throws(
    () => requireExpected(release, { ...unplanned, image: image.replace(/c/g, 'd') }),
    /staging has released sha256:a{64} \(ghcr.* since sha256:.* was planned; run all jobs again/,
  )
})

test('model and image must be attested for the very commit, where that is required', async () => {
  const release = releaseOf('f'.repeat(40))
  const asked: string[][] = []
  const doubt = (why: { readonly [subject: string]: string }) => async (subject: string, commit?: string) => {
    asked.push([subject, commit ?? ''])
    return why[subject]
  }
  await requireAttested(doubt({}), release, '/bundle', true)
  assert.deepEqual(asked, [
    ['/bundle/manifest.json', release.commit],
    [`oci://${image}`, release.commit],
  ])
  for (const subject of ['/bundle/manifest.json', `oci://${image}`]) {
    await assert.rejects(requireAttested(doubt({ [subject]: 'no such' }), release, '/bundle', true), RefusedError)
    await requireAttested(doubt({ [subject]: 'no such' }), release, '/bundle', false)
  }
})

test('an open release is carried on only if a run of production.yml for a tag of its commit asked for it', async (t) => {
  await using github = await start()
  const headSha = await github.commit('README.md', 'one\n')
  await github.push('origin', 'main')
  const workflow = '.github/workflows/production.yml'
  const tag: RunOf = { workflow, event: 'push', headSha, headBranch: 'v1.0.0' }
  const job = github.startRun(tag)
  const { token } = github.mintToken({ runId: job.id, job: 'resume', permissions: { actions: 'read' } })
  const runner = readRunner({ GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: github.state.repository })
  const ask = (request: string | undefined) => requireAsked(openGitHub(runner, token), releaseOf(headSha), request)
  await ask(`github-${github.startRun(tag).id}`)
  const others: { readonly [what: string]: string | undefined } = {
    'no request': undefined,
    'a word': 'r1',
    'a run that is none': 'github-999999',
    'another workflow': `github-${github.startRun({ ...tag, workflow: '.github/workflows/ci.yml' }).id}`,
    'another event': `github-${github.startRun({ ...tag, event: 'workflow_dispatch' }).id}`,
    'another commit': `github-${github.startRun({ ...tag, headSha: 'e'.repeat(40) }).id}`,
    'another tag': `github-${github.startRun({ ...tag, headBranch: 'main' }).id}`,
  }
  for (const [what, request] of Object.entries(others))
    await t.test(what, async () => {
      await assert.rejects(
        ask(request),
        (error) => error instanceof RefusedError && /is not carried on/.test(error.message),
      )
    })
  assert.deepEqual(github.state.violations, [])
})
