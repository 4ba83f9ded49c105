import { createHash } from 'node:crypto'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const { env } = process
const input = (name) => (env[`INPUT_${name.toUpperCase()}`] ?? '').trim()

try {
  await attest()
} catch (error) {
  console.log(`::error::${error.message}`)
  process.exitCode = 1
}

async function attest() {
  if (!env.ACTIONS_ID_TOKEN_REQUEST_URL)
    throw new Error('missing "id-token" permission. Please add "permissions: id-token: write" to your workflow.')
  const statement = { _type: 'https://in-toto.io/Statement/v1', subject: [subject()], ...predicate() }
  const bundle = {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { certificate: { rawBytes: encode(identity()) }, tlogEntries: [] },
    dsseEnvelope: {
      payloadType: 'application/vnd.in-toto+json',
      payload: encode(statement),
      signatures: [{ sig: '' }],
    },
  }
  const response = await fetch(`${env.GITHUB_API_URL}/repos/${env.GITHUB_REPOSITORY}/attestations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${input('github-token')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ bundle }),
  })
  if (!response.ok)
    throw new Error(`Failed to persist attestation: ${response.status} ${(await response.json()).message}`)
  const { id } = await response.json()
  const file = join(env.RUNNER_TEMP, `attestation-${id}.json`)
  writeFileSync(file, JSON.stringify(bundle))
  appendFileSync(env.GITHUB_OUTPUT, `attestation-id=${id}\nbundle-path=${file}\n`)
  console.log(`Attestation created for ${statement.subject[0].name}@sha256:${statement.subject[0].digest.sha256}`)
}

function subject() {
  const path = input('subject-path')
  if (path !== '') {
    const sha256 = createHash('sha256')
      .update(readFileSync(join(path.startsWith('/') ? '/' : env.GITHUB_WORKSPACE, path)))
      .digest('hex')
    return { name: input('subject-name') || basename(path), digest: { sha256 } }
  }
  const [, sha256] = /^sha256:([0-9a-f]{64})$/.exec(input('subject-digest')) ?? []
  if (!sha256) throw new Error('subject-digest must be in the format "sha256:<hex-digest>"')
  if (input('subject-name') === '') throw new Error('subject-name must be provided when using subject-digest')
  return { name: input('subject-name'), digest: { sha256 } }
}

/** What is said of the subject: how it was made, or what it holds. */
function predicate() {
  const sbom = input('sbom-path')
  if (sbom !== '')
    return { predicateType: 'https://spdx.dev/Document/v2.3', predicate: JSON.parse(readFileSync(sbom, 'utf8')) }
  if (input('predicate-type') !== '')
    return { predicateType: input('predicate-type'), predicate: JSON.parse(input('predicate') || '{}') }
  const workflow = {
    ref: env.GITHUB_REF,
    repository: `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}`,
    path: workflowFile(),
  }
  return {
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: { buildDefinition: { externalParameters: { workflow } } },
  }
}

/** What Sigstore's certificate says of who signs: the workflow, which GitHub vouches for, never the caller. */
function identity() {
  return {
    repository: env.GITHUB_REPOSITORY,
    workflow: `${env.GITHUB_REPOSITORY}/${workflowFile()}`,
    ref: env.GITHUB_REF,
    sha: env.GITHUB_SHA,
    run: env.GITHUB_RUN_ID,
  }
}

function workflowFile() {
  return (env.GITHUB_WORKFLOW_REF ?? '').split('@')[0].split('/').slice(2).join('/')
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64')
}
