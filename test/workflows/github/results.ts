import { existsSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { backendId, type Who } from './credentials.ts'
import { logRequest } from './log.ts'
import { read, suffer } from './server.ts'
import { type Artifact, nextId, now } from './state.ts'
import { measure, newFile, signedUrl } from './storage.ts'
import type { World } from './world.ts'

type Job = Who & { kind: 'job' }
type Sent = { readonly [field: string]: unknown }
type Answer = { readonly status?: number; readonly body: { readonly [field: string]: unknown } }

const prefix = '/twirp/github.actions.results.api.v1.ArtifactService/'
const day = 24 * 3_600_000
/** Files that were made for uploads that did not end yet. */
const uploads = new WeakMap<Artifact, string>()

/** What each call may send: an unknown field is refused by GitHub's decoder. */
const fields: { readonly [method: string]: readonly string[] } = {
  CreateArtifact: ['name', 'expires_at', 'version', 'mime_type'],
  FinalizeArtifact: ['name', 'size', 'hash'],
  ListArtifacts: ['name_filter', 'id_filter'],
  GetSignedArtifactURL: ['name'],
  DeleteArtifact: ['name'],
}

/** GitHub's service that keeps artifacts (Twirp in JSON), as `@actions/artifact` speaks to it: a job sees the artifacts of its own run, in all attempts. */
export async function serveResults(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? ''
  const operation = path.startsWith(prefix) ? path.slice(prefix.length) : ''
  const who = world.credentials.whose(request.headers.authorization)
  const body = JSON.parse((await read(request)).toString() || '{}') as Sent
  logRequest(world, request, response, { service: 'results', operation, who, body })
  const fault = world.faults.next(operation)
  if (await suffer(fault, 'before', response)) return
  const { status = 200, body: answer } = await answerTo(world, who, operation, body)
  if (await suffer(fault, 'after', response)) return
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
}

async function answerTo(world: World, who: Who, operation: string, sent: Sent): Promise<Answer> {
  const known = fields[operation]
  const ids = { workflow_run_backend_id: '', workflow_job_run_backend_id: '' }
  const unknown = Object.keys(sent).filter((name) => !(name in ids) && !known?.includes(name))
  if (!known || unknown.length > 0) {
    const what = known ? `unknown field ${unknown.join(', ')}` : 'the stand-in for GitHub has no such call'
    world.state.violations.push({ request: `POST ${operation}`, what })
    return refuse(known ? 400 : 404, known ? 'malformed' : 'bad_route', what)
  }
  if (who.kind !== 'job') return refuse(401, 'unauthenticated', 'missing or unknown token')
  const run = String(sent['workflow_run_backend_id'])
  if (!run.startsWith(`run-${who.runId}-`)) return refuse(403, 'permission_denied', 'the token is of another run')
  switch (operation) {
    case 'CreateArtifact':
      return create(world, who, sent)
    case 'FinalizeArtifact':
      return finalize(world, who, sent)
    case 'ListArtifacts':
      return list(world, who, sent)
    case 'GetSignedArtifactURL':
      return link(world, run, sent)
    default:
      return remove(world, run, sent)
  }
}

const refuse = (status: number, code: string, msg: string): Answer => ({ status, body: { code, msg } })
const none = refuse(404, 'not_found', 'artifact not found')

function create(world: World, { runId, attempt }: Job, { name, expires_at }: Sent): Answer {
  const { artifacts } = world.state
  const same = (each: Artifact) => each.runId === runId && each.attempt === attempt && each.name === name
  if (artifacts.some((each) => same(each)))
    return refuse(409, 'already_exists', 'an artifact with this name already exists on the workflow run')
  const artifact: Artifact = {
    ...{ id: nextId(world.state), runId, attempt, name: String(name), createdAt: now() },
    expiresAt: typeof expires_at === 'string' ? expires_at : new Date(Date.now() + 90 * day).toISOString(),
    ...{ file: null, size: 0, digest: null, expired: false },
  }
  artifacts.push(artifact)
  const file = newFile(world)
  uploads.set(artifact, file)
  return { body: { ok: true, signed_upload_url: signedUrl(world, file, `${name}.zip`, true) } }
}

/** What the client says of size and digest must be true of what arrived. */
async function finalize(world: World, { runId, attempt }: Job, { name, size, hash }: Sent): Promise<Answer> {
  const artifact = world.state.artifacts.find(
    (each) => each.runId === runId && each.attempt === attempt && each.name === name,
  )
  const file = artifact && uploads.get(artifact)
  if (!artifact || !file || !existsSync(file)) return none
  const measured = await measure(file)
  if (String(size) !== String(measured.size) || (hash !== undefined && hash !== measured.digest)) {
    world.state.violations.push({
      request: 'POST FinalizeArtifact',
      what: `${name}: size or hash is not that of the upload`,
    })
    return refuse(400, 'invalid_argument', 'size or hash is not that of the upload')
  }
  Object.assign(artifact, { file, ...measured })
  return { body: { ok: true, artifact_id: String(artifact.id) } }
}

function list(world: World, { runId }: Job, { name_filter, id_filter }: Sent): Answer {
  const wanted = world.state.artifacts.filter(
    (each) =>
      each.runId === runId &&
      each.file !== null &&
      !each.expired &&
      (name_filter === undefined || each.name === name_filter) &&
      (id_filter === undefined || String(each.id) === String(id_filter)),
  )
  const artifacts = wanted.map(({ id, attempt, name, size, digest, createdAt }) => ({
    workflow_run_backend_id: backendId(runId, attempt),
    workflow_job_run_backend_id: 'job',
    database_id: String(id),
    ...{ name, size: String(size), created_at: createdAt, digest },
  }))
  return { body: { artifacts } }
}

function link(world: World, run: string, { name }: Sent): Answer {
  const artifact = find(world, run, name)
  return artifact?.file ? { body: { signed_url: signedUrl(world, artifact.file, `${name}.zip`) } } : none
}

function remove(world: World, run: string, { name }: Sent): Answer {
  const artifact = find(world, run, name)
  if (!artifact?.file) return none
  rmSync(artifact.file)
  world.state.artifacts.splice(world.state.artifacts.indexOf(artifact), 1)
  return { body: { ok: true, artifact_id: String(artifact.id) } }
}

const find = ({ state }: World, run: string, name: unknown) =>
  state.artifacts.find(
    (each) => backendId(each.runId, each.attempt) === run && each.name === name && each.file !== null && !each.expired,
  )
