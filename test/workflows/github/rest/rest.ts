import type { IncomingMessage, ServerResponse } from 'node:http'
import { meets, type Who } from '../credentials.ts'
import { logRequest } from '../log.ts'
import { read, suffer } from '../server.ts'
import type { World } from '../world.ts'
import { artifactRoutes } from './artifacts.ts'
import { assetRoutes } from './assets.ts'
import { checkRoutes } from './checks.ts'
import { commentRoutes } from './comments.ts'
import { deploymentRoutes } from './deployments.ts'
import { eventRoutes } from './events.ts'
import { refRoutes } from './git-refs.ts'
import { byOperation, matcher } from './match.ts'
import { pullRoutes } from './pulls.ts'
import { releaseRoutes } from './releases.ts'
import { repositoryRoutes } from './repository.ts'
import { type Answer, type Call, notFound, type Route, refuse } from './route.ts'
import { runRoutes } from './runs.ts'

/** All that the stand-in answers, by operation. */
export const routes = byOperation([
  ...pullRoutes,
  ...commentRoutes,
  ...eventRoutes,
  ...runRoutes,
  ...artifactRoutes,
  ...releaseRoutes,
  ...assetRoutes,
  ...refRoutes,
  ...deploymentRoutes,
  ...repositoryRoutes,
  ...checkRoutes,
])
const match = matcher([...routes.keys()])
const upload = 'POST /repos/{owner}/{repo}/releases/{release_id}/assets'

/** A job's token has 1,000 requests an hour (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api). */
const limit = 1000

/** GitHub's REST API; files of releases go to a host of their own, which is served here, too. */
export async function serveRest(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', headers } = request
  const { pathname: path, searchParams } = new URL(request.url ?? '', world.urls.api)
  const who = world.credentials.whose(headers.authorization)
  const { operation = '', params = {} } = match(method, path) ?? {}
  const uploads = request.socket.localPort === Number(new URL(world.urls.uploads).port)
  const [bytes, whole] = await readWhole(request)
  const body = operation === upload ? bytes : parsed(bytes)
  logRequest(world, request, response, { service: 'api', operation, who, body })
  const violate = (what: string) => world.state.violations.push({ request: `${method} ${path}`, what })
  const route = routes.get(operation)
  if (!route || uploads !== (operation === upload)) {
    violate('the stand-in for GitHub has no such route')
    return send(world, response, refuse(501, 'Not Implemented'))
  }
  const query = Object.fromEntries(searchParams)
  const described = { operation, path: params, query, body: operation === upload ? undefined : body }
  const { wrong = [], unknown = [] } = whole ? (world.description?.request(described) ?? {}) : {}
  for (const what of [...wrong, ...unknown]) violate(what)
  const call: Call = { world, who, params, query, body, headers, url: `${world.urls.api}${path}` }
  const refused = refusal(call, route)
  if (refused) return send(world, response, refused)
  if (wrong.length > 0) return send(world, response, refuse(422, 'Invalid request.', wrong))
  const fault = world.faults.next(operation)
  if (!whole || (fault && !fault.after && (fault.reset || fault.status === 502))) route.broken?.(call)
  if (!whole || (await suffer(fault, 'before', response))) return
  const answer = await route.answer(call)
  const answered = { operation, status: answer.status ?? 200, body: answer.body }
  for (const what of world.description?.answer(answered) ?? []) violate(what)
  if (await suffer(fault, 'after', response)) return
  send(world, response, answer)
}

/** The body, and whether it came to its end: who sends it may be killed meanwhile. */
const readWhole = (request: IncomingMessage): Promise<[Buffer, boolean]> =>
  read(request).then(
    (bytes) => [bytes, true],
    () => [Buffer.alloc(0), false],
  )

const parsed = (bytes: Buffer): unknown => (bytes.length > 0 ? JSON.parse(bytes.toString()) : undefined)

/** Strangers read what is public. A job's token needs its permission also then: a repository made from a template may be private. */
function refusal({ who, params, headers, world: { state } }: Call, { operation, needs }: Route): Answer | undefined {
  if (!headers['user-agent']) return refuse(403, 'Request forbidden by administrative rules.')
  if (who.kind === 'unknown') return refuse(401, 'Bad credentials')
  const own = `${params['owner']}/${params['repo']}` === state.repository
  const open = !state.private && operation.startsWith('GET ')
  if (!own || (who.kind === 'nobody' && state.private)) return notFound
  if (who.kind === 'nobody') return open ? undefined : refuse(401, 'Requires authentication')
  return meets(who, needs, state) ? undefined : refuse(403, forbidden(who))
}

const forbidden = ({ kind }: Who) =>
  kind === 'job' ? 'Resource not accessible by integration' : 'Must have write access to the repository'

function send({ state }: World, response: ServerResponse, { status = 200, body, headers = {} }: Answer): void {
  const used = state.requests.filter(({ service }) => service === 'api').length
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'x-github-request-id': `0000:${used}`,
    'x-ratelimit-limit': limit,
    'x-ratelimit-remaining': Math.max(1, limit - used),
    'x-ratelimit-used': used,
    'x-ratelimit-reset': Math.floor(Date.now() / 1000) + 3600,
    'x-ratelimit-resource': 'core',
    ...headers,
  })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}
