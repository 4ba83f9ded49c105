import type { Scope } from '../principal.ts'
import type { Schema } from './schemas.ts'

/** What may be answered instead of what was asked for, by status. */
export const refusals = {
  400: 'The body is not JSON, or nests too deeply',
  401: 'No valid key or token',
  403: 'The key or token lacks the scope',
  404: 'No such model or version',
  409: 'The bundle was refused; detail says why',
  413: 'The body has more than 1 MiB',
  415: 'The body is not application/json',
  422: 'A value is wrong; errors names each',
  429: 'The key has made too many requests; Retry-After says when to try again',
  503: 'Overloaded, or draining; Retry-After says when to try again',
} as const
type Refused = keyof typeof refusals

export type Operation = {
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly scope?: Scope
  readonly body?: { readonly schema: Schema; readonly example: unknown }
  readonly answer: Schema
  /** The answer's media type, where it is not JSON. */
  readonly type?: string
  readonly parameters?: readonly Schema[]
  readonly refused?: readonly Refused[]
}

/** One operation: its body, its answer, and every refusal that it may give instead. */
export function operation(told: Operation): Schema {
  const { tag, summary, description, scope, body, answer, type = 'application/json', parameters, refused = [] } = told
  const statuses: Refused[] = [
    ...(body ? ([400, 413, 415, 422, 503] as const) : []),
    ...(scope ? ([401, 403, 429] as const) : []),
    ...refused,
  ]
  return {
    tags: [tag],
    summary,
    ...(description ? { description } : {}),
    ...(parameters ? { parameters } : {}),
    security: scope ? [{ bearer: [scope] }, { basic: [scope] }] : [],
    ...(body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: body.schema, example: body.example } },
          },
        }
      : {}),
    responses: {
      200: { description: summary, content: { [type]: { schema: answer } } },
      ...Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }])),
    },
  }
}
