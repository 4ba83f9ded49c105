import type { IncomingMessage } from 'node:http'
import type { Who } from '../credentials.ts'
import type { Need } from '../permissions.ts'
import type { World } from '../world.ts'

/** A request that found its route. `body` is JSON, or the bytes where it is something else. */
export type Call = {
  readonly world: World
  readonly who: Who
  readonly params: { readonly [name: string]: string }
  readonly query: { readonly [name: string]: string }
  readonly body: Body
  readonly headers: IncomingMessage['headers']
  /** The address without its query. */
  readonly url: string
}

// biome-ignore lint/suspicious/noExplicitAny: the description has checked it where there is one
export type Body = any

export type Answer = {
  readonly status?: number
  readonly body?: unknown
  readonly headers?: { readonly [name: string]: string }
}

/**
 * A route as GitHub's description names it, with the permissions of which one is enough
 * (https://docs.github.com/rest/authentication/permissions-required-for-github-apps). `broken` is what a call leaves that breaks off.
 */
export type Route = {
  readonly operation: string
  readonly needs: readonly Need[]
  readonly answer: (call: Call) => Answer | Promise<Answer>
  readonly broken?: (call: Call) => void
}

/** One page of a list, newest or first as given, with GitHub's `Link` header; `wrap` makes the body where it is not the list alone. */
export function paged<T>(
  { query, url }: Call,
  items: readonly T[],
  show: (item: T) => unknown,
  wrap?: (items: unknown[], total: number) => unknown,
): Answer | Promise<Answer> {
  const size = Math.min(100, Math.max(1, Number(query['per_page'] ?? 30)))
  const page = Math.max(1, Number(query['page'] ?? 1))
  const last = Math.max(1, Math.ceil(items.length / size))
  const to = (rel: string, number: number) =>
    `<${url}?${new URLSearchParams({ ...query, per_page: String(size), page: String(number) })}>; rel="${rel}"`
  const links = [
    ...(page > 1 ? [to('prev', page - 1), to('first', 1)] : []),
    ...(page < last ? [to('next', page + 1), to('last', last)] : []),
  ]
  const headers = links.length > 0 ? { link: links.join(', ') } : {}
  return Promise.all(items.slice((page - 1) * size, page * size).map(show)).then((shown) => ({
    body: wrap ? wrap(shown, items.length) : shown,
    headers,
  }))
}

export const notFound: Answer = refuse(404, 'Not Found')

/** GitHub's words for no. */
export function refuse(status: number, message: string, errors?: readonly unknown[]): Answer {
  const documentation = { documentation_url: 'https://docs.github.com/rest', status: String(status) }
  return { status, body: { message, ...(errors ? { errors } : {}), ...documentation } }
}

/** 422 for a field that will not do. */
export const invalid = (resource: string, field: string, code: string, message?: string) =>
  refuse(422, 'Validation Failed', [{ resource, field, code, ...(message ? { message } : {}) }])

/** The thing that was asked for by its id, or 404. */
export const found = <T>(item: T | undefined | null, show: (item: T) => unknown, status = 200) =>
  item === undefined || item === null
    ? notFound
    : Promise.resolve(show(item)).then((body): Answer => ({ status, body }))
