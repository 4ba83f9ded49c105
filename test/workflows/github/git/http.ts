import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loginOf, meets, type Who } from '../credentials.ts'
import { logRequest } from '../log.ts'
import { read, suffer } from '../server.ts'
import { folderOf, type World } from '../world.ts'
import { copyAnswer } from './cgi.ts'
import { gitEnv } from './command.ts'
import { commandsOf, decisions } from './decide.ts'
import { rulesFor } from './in-force.ts'
import { type Moved, pushed } from './push.ts'

const address = /^\/([\w.-]+\/[\w.-]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/

/** Git's smart HTTP by git's own `http-backend`, for who may: reading needs `contents: read` or a public repository, pushing `contents: write`. */
export async function serveGit(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://localhost')
  const [, repository = '', verb = ''] = address.exec(url.pathname) ?? []
  const service = verb === 'info/refs' ? (url.searchParams.get('service') ?? '') : verb
  const who = world.credentials.whose(request.headers.authorization)
  logRequest(world, request, response, { service: 'git', operation: service, who })
  const folder = folderOf(world.dir, repository)
  if (!repository || !existsSync(folder)) return refuse(response, 404, 'Repository not found.')
  const refused = refusal(world, who, repository, service)
  if (refused) return refuse(response, refused.status, refused.what)
  const fault = verb === 'info/refs' ? undefined : world.faults.next(service)
  if (await suffer(fault, 'before', response)) return
  const path = `/${repository}.git/${verb}`
  const answer = await backend(world, { request, response, repository, who, path, query: url.search })
  if (!(await suffer(fault, 'after', response))) response.end(answer)
}

/** GitHub tells who has no credential to bring one, and who has one that is not enough only what it would tell a stranger. */
function refusal({ state }: World, who: Who, repository: string, service: string) {
  const write = service === 'git-receive-pack'
  if (who.kind === 'unknown') return { status: 401, what: 'Invalid username or token.' }
  if (who.kind === 'nobody')
    return write || state.private ? { status: 401, what: 'No credential was given.' } : undefined
  const own = repository === state.repository
  const may = own
    ? meets(who, [['contents', write ? 'write' : 'read']], state)
    : !write || (who.kind === 'person' && repository.startsWith(`${who.login}/`))
  if (may) return undefined
  if (write) return { status: 403, what: `Permission to ${repository}.git denied to ${loginOf(who)}.` }
  return { status: 403, what: 'Write access to repository not granted.' }
}

function refuse(response: ServerResponse, status: number, what: string) {
  const challenge = status === 401 ? { 'www-authenticate': 'Basic realm="GitHub"' } : {}
  response.writeHead(status, { 'content-type': 'text/plain', ...challenge }).end(`${what}\n`)
}

type Call = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly repository: string
  readonly who: Who
  readonly path: string
  readonly query: string
}

/** Runs git's program. What it gives out streams; its answer to a push is returned when the stand-in knows what moved, so pull requests and events are up to date then. */
async function backend(world: World, call: Call): Promise<Buffer | undefined> {
  const { request, response, repository, who, path } = call
  const dir = await mkdtemp(join(tmpdir(), 'mergeline-push-'))
  try {
    const [rulesFile, movedFile] = [join(dir, 'rules'), join(dir, 'moved')]
    const body = path.endsWith('git-receive-pack') ? await read(request) : undefined
    if (body) await writeFile(rulesFile, await judged(world, who, repository, body, request))
    const files = { PUSH_RULES: rulesFile, PUSH_MOVED: movedFile, PUSH_APP: String(who.kind !== 'person') }
    const child = spawn('git', ['http-backend'], { env: envOf(world, call, files), stdio: ['pipe', 'pipe', 'inherit'] })
    // The one who pushes may hang up, and git may end before it has read all: both are seen by the other side.
    child.stdin.on('error', () => {})
    if (body) child.stdin.end(body)
    else request.pipe(child.stdin)
    const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
    const held: Buffer[] = []
    await copyAnswer(child.stdout, response, (part) => (body ? held.push(part) : response.write(part)))
    await ended
    const moved = await readFile(movedFile, 'utf8').catch(() => '')
    if (moved !== '') await pushed(world, who, repository, moved.trim().split('\n').map(moveOf))
    return body ? Buffer.concat(held) : undefined
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** CGI (RFC 3875), for the hooks as well. */
function envOf(world: World, { request, who, path, query }: Call, files: { readonly [name: string]: string }) {
  return {
    PATH: process.env['PATH'] ?? '',
    ...gitEnv,
    ...files,
    GIT_PROJECT_ROOT: join(world.dir, 'git'),
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    REMOTE_USER: loginOf(who),
    PATH_INFO: path,
    QUERY_STRING: query.slice(1),
    REQUEST_METHOD: request.method ?? '',
    CONTENT_TYPE: request.headers['content-type'] ?? '',
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
  }
}

async function judged(world: World, who: Who, repository: string, body: Buffer, { headers }: IncomingMessage) {
  const { by, rules } = await rulesFor(world, who, repository)
  return decisions(commandsOf(body, headers['content-encoding']), by, rules)
}

function moveOf(line: string): Moved {
  const [before = '', after = '', ref = ''] = line.split(' ')
  return { ref, before, after }
}
