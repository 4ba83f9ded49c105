import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { formatRelease, type ReleasedModel } from '../../../pipeline/release/release.ts'
import { git } from '../../workflows/github/git/command.ts'
import { fingerprint, scene, staging } from './scene.ts'
import { made, storeIn } from './store-scene.ts'

type Scene = Awaited<ReturnType<typeof scene>>

/** Releases on the branch `releases`, one commit each, oldest first. */
async function released(github: Scene, models: readonly Omit<ReleasedModel, 'name'>[]): Promise<void> {
  const tree = mkdtempSync(join(github.dir, 'releases-'))
  await git(tree, ['init', '--quiet', '-b', 'releases'])
  const commit = await git(github.root, ['rev-parse', 'main'])
  for (const model of models) {
    const release = { model: { name: 'sales', ...model }, commit, rehearsal: true }
    mkdirSync(join(tree, 'environments/staging'), { recursive: true })
    writeFileSync(join(tree, 'environments/staging/release.yaml'), formatRelease({ release, held: [] }))
    await git(tree, ['add', '--all'])
    await git(tree, ['commit', '--quiet', '-m', 'release'])
  }
  await git(tree, ['push', '--quiet', github.url('user:ada'), 'releases'])
}

const runOf = (github: Scene) =>
  github.startRun({ workflow: staging, event: 'push', headSha: 'a'.repeat(40), headBranch: 'main' })
const other = { digest: `sha256:${'1'.repeat(64)}`, fingerprint: `sha256:${'2'.repeat(64)}` }
const permissions = { contents: 'read', actions: 'read', 'pull-requests': 'read', attestations: 'read' } as const

// The stand-in for GitHub's command line asks the stand-in for GitHub.
const programs = join(import.meta.dirname, '../../workflows/stand-ins/programs')
process.env['PATH'] = [programs, process.env['PATH']].join(delimiter)

/** A model that was registered and released, and that `workflow` has attested, if any. */
async function kept(github: Scene, workflow?: string) {
  process.env['GITHUB_API_URL'] = github.apiUrl
  const { folder, digest } = await made(github)
  await storeIn(github).keep({ digest, folder, card: '# Card\n', datasheet: '# Datasheet\n' })
  await released(github, [
    { version: 1, digest, fingerprint },
    { version: 2, ...other },
  ])
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')
  const repository = github.state.repository
  const signer = { repository, workflow: `${repository}/${workflow}`, ref: 'refs/heads/main', sha: 'a'.repeat(40) }
  const statement = { predicateType: 'https://slsa.dev/provenance/v1', subject: [] }
  const bundle = {
    verificationMaterial: { certificate: { rawBytes: encode(signer) } },
    dsseEnvelope: { payload: encode(statement) },
  }
  if (workflow) github.state.attestations.push({ subject: digest, bundle })
}

for (const trust of ['any', 'recorded'] as const) {
  test(`trust ${trust}: a training that was released and attested is taken from the model store, when no run has it any more`, async () => {
    await using github = await scene({ private: true })
    await kept(github, staging)
    const found = await github.reuseIn({ run: runOf(github), trust, permissions })
    assert.deepEqual(found, { source: 'the model store', vouched: true })
    assert.deepEqual(github.state.violations, [])
  })
}

for (const workflow of [undefined, '.github/workflows/planted.yml'])
  test(`a training that ${workflow ?? 'nobody'} attested, put under its fingerprint by whoever may write to releases: main trains, a pull request may look at it`, async () => {
    await using github = await scene()
    await kept(github, workflow)
    const main = await github.reuseIn({ run: runOf(github), trust: 'recorded', permissions })
    assert.match(
      (main as { why: string }).why,
      /^the model store .* has sha256:\w{12}, which staging.yml has not attested: /,
    )
    const found = await github.reuseIn({ run: runOf(github), trust: 'any', permissions })
    assert.deepEqual(found, { source: 'the model store', vouched: false })
  })

test('what GitHub recorded of a run comes before what the model store has', async () => {
  await using github = await scene()
  await kept(github, staging)
  const headSha = await git(github.root, ['rev-parse', 'HEAD'])
  const made = await github.recorded({ workflow: staging, event: 'push', headSha, headBranch: 'main' })
  const run = github.startRun({ workflow: staging, event: 'push', headSha, headBranch: 'main' })
  const found = await github.reuseIn({ run, trust: 'recorded', permissions })
  assert.deepEqual(found, { source: `run ${made.id}`, vouched: true })
})

test('a release whose model the store does not have, or has another under its digest, is a reason to train', async () => {
  await using github = await scene()
  const { folder, digest } = await made(github)
  await released(github, [{ version: 1, digest: other.digest, fingerprint }])
  const missing = await github.reuseIn({ run: runOf(github), trust: 'recorded' })
  assert.match(
    (missing as { why: string }).why,
    /^the model store .* does not have sha256:111111111111, which was released$/,
  )
  await storeIn(github).keep({ digest, folder, card: '# Card\n', datasheet: '# Datasheet\n' })
  for (const release of github.state.releases) release.tag = `model-${'1'.repeat(64)}`
  const swapped = await github.reuseIn({ run: runOf(github), trust: 'any' })
  assert.match(
    (swapped as { why: string }).why,
    new RegExp(`^what the model store has cannot be used: its digest is ${digest}, and should be ${other.digest}$`),
  )
})
