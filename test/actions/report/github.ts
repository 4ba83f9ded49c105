import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Comment = {
  readonly id: number
  readonly user: { readonly login: string; readonly type: string }
  body: string
}
export type Pull = {
  readonly number: number
  readonly state?: 'open' | 'closed'
  readonly head: { readonly ref: string; readonly sha: string; readonly repo: { readonly id: number } | null }
}
export type Artifact = {
  readonly id: number
  readonly archive: Buffer
  readonly name?: string
  readonly digest?: string
  readonly size?: number
  readonly expired?: boolean
}
export type Release = {
  readonly id: number
  readonly tag_name: string
  readonly assets?: readonly { readonly id: number; readonly name: string; readonly state: string }[]
  readonly [key: string]: unknown
}

/** What is on GitHub, and what it does: the tests change and read it. */
export type World = {
  pulls: Pull[]
  comments: Comment[]
  artifacts: Artifact[]
  releases: Release[]
  tags: string[]
  /** What the storage has of releases, by path. */
  files?: { readonly [path: string]: string }
  /** An answer in place of the usual one, by method and path. */
  answer?: (method: string, path: string) => { readonly status: number; readonly message: string } | undefined
  /** The storage's status in place of the usual answer. */
  storage?: () => number | undefined
  /** Where GitHub says that an archive is, in place of the storage. */
  location?: string
}

/** The login and type of comments made with a job's token. */
export const bot = { login: 'github-actions[bot]', type: 'Bot' }

/**
 * Stands in for the few routes of GitHub that the action uses, for acme/shop, and for the storage that keeps artifacts, which is another host and must get no token. The
 * whole of GitHub's answers is test/workflows/github's to give.
 */
export async function startGitHub(world: World) {
  const requests: { readonly told: string; readonly body?: unknown }[] = []
  const storage = await listen((request, response) => {
    requests.push({ told: `storage: GET ${request.url}${request.headers.authorization ? ' WITH THE TOKEN' : ''}` })
    const found =
      world.artifacts.find(({ id }) => request.url === `/archive/${id}`)?.archive ?? world.files?.[request.url ?? '']
    const status = world.storage?.() ?? (found ? 200 : 404)
    response.writeHead(status).end(status === 200 ? found : '')
  })
  const api = await listen(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    const path = decodeURIComponent(url.pathname).replace('/repos/acme/shop/', '')
    const method = request.method ?? ''
    const body = await read(request)
    const token = request.headers.authorization === 'token t0ken' ? '' : ' WITHOUT THE TOKEN'
    requests.push({ told: `${method} ${path}${decodeURIComponent(url.search)}${token}`, ...(body ? { body } : {}) })
    const instead = world.answer?.(method, path)
    const asked = { method, path, query: url.searchParams, body, storage: storage.url }
    const {
      status,
      value,
      headers = {},
    } = instead ? { status: instead.status, value: { message: instead.message } } : route(world, asked)
    const here = `http://${request.headers.host}${url.pathname}`
    const link = headers['link']?.replace('<', `<${here}`)
    response.writeHead(status, { 'content-type': 'application/json', ...headers, ...(link ? { link } : {}) })
    response.end(value === undefined ? undefined : JSON.stringify(value))
  })
  return {
    requests,
    url: api.url,
    async [Symbol.asyncDispose]() {
      await Promise.all([api.close(), storage.close()])
    },
  }
}

type Asked = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: { readonly [key: string]: unknown } | undefined
  readonly storage: string
}
type Answer = {
  readonly status: number
  readonly value?: unknown
  readonly headers?: { readonly [name: string]: string }
}

const ok = (value: unknown, status = 200): Answer => ({ status, value })
const missing: Answer = { status: 404, value: { message: 'Not Found' } }

function route(world: World, { method, path, query, body = {}, storage }: Asked): Answer {
  const [, id = ''] = /\/(\d+)(?:\/|$)/.exec(path) ?? []
  switch (`${method} ${path.replace(/^((?:git\/ref|releases)\/tags)\/.*/, '$1/…').replace(/\/\d+/, '/N')}`) {
    case 'GET actions/runs/N/artifacts': {
      const artifacts = world.artifacts.map(artifactOf).filter(({ name }) => name === query.get('name'))
      return ok({ total_count: artifacts.length, artifacts })
    }
    case 'GET actions/artifacts/N/zip':
      return { status: 302, headers: { location: world.location ?? `${storage}/archive/${id}` } }
    case 'GET pulls':
      return ok(world.pulls.map(({ state = 'open', ...pull }) => ({ ...pull, state })))
    case 'GET issues/N/comments':
      return page(world.comments.map(commentOf), query)
    case 'POST issues/N/comments': {
      const newest = Math.max(0, ...world.comments.map((each) => each.id))
      const made = { id: newest + 1, user: bot, body: String(body['body']) }
      world.comments.push(made)
      return ok(commentOf(made), 201)
    }
    case 'PATCH issues/comments/N': {
      const comment = world.comments.find((each) => each.id === Number(id))
      return comment ? ok(commentOf(Object.assign(comment, body))) : missing
    }
    case 'GET git/ref/tags/…':
      return world.tags.includes(path.slice('git/ref/tags/'.length)) ? ok({}) : missing
    case 'GET releases/assets/N':
      return { status: 302, headers: { location: `${storage}/asset/${id}` } }
    case 'GET releases/tags/…': {
      const tag = path.slice('releases/tags/'.length)
      const release = world.releases.find(({ tag_name }) => tag_name === tag)
      return release ? ok(releaseOf(release)) : missing
    }
    case 'POST releases': {
      const release = { id: world.releases.length + 1, tag_name: '', ...body }
      world.releases.push(release)
      return ok(releaseOf(release), 201)
    }
    case 'PATCH releases/N': {
      const release = world.releases.find((each) => each.id === Number(id))
      return release ? ok(releaseOf(Object.assign(release, body))) : missing
    }
    default:
      return missing
  }
}

function artifactOf({ archive, name = 'report', size = archive.length, expired = false, digest, id }: Artifact) {
  const sha256 = `sha256:${createHash('sha256').update(archive).digest('hex')}`
  return { id, name, expired, size_in_bytes: size, digest: digest ?? sha256 }
}
const commentOf = (comment: Comment) => ({ ...comment, html_url: `https://github.example/comment/${comment.id}` })
const releaseOf = (release: Release) => ({
  assets: [],
  ...release,
  html_url: `https://github.example/release/${release.id}`,
})

/** A page of a list, with GitHub's link to the next. */
function page(items: readonly unknown[], query: URLSearchParams): Answer {
  const [size, number] = [Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)]
  const next = new URLSearchParams({ ...Object.fromEntries(query), page: String(number + 1) })
  const headers = items.length > size * number ? { link: `<?${next}>; rel="next"` } : {}
  return { status: 200, value: items.slice(size * (number - 1), size * number), headers }
}

async function listen(listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function read(request: IncomingMessage): Promise<{ readonly [key: string]: unknown } | undefined> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString()) : undefined
}
