import { STATUS_CODES } from 'node:http'

export const problemType = 'application/problem+json'

/** An answer that says no, for programs and people: RFC 9457. */
export type Problem = {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly errors?: readonly FieldError[]
}
export type FieldError = { readonly field: string; readonly message: string }

/** Makes the body of a refusal; `detail` says what was wrong and what to do, and never repeats what the client sent. */
export function problem(status: number, detail: string, errors?: readonly FieldError[]): Problem {
  const title = STATUS_CODES[status] ?? 'Error'
  return { type: 'about:blank', title, status, detail, ...(errors ? { errors } : {}) }
}

/** Thrown where a request must be refused; the server's error handler turns it into a problem. */
export class Refusal extends Error {
  readonly statusCode: number
  readonly errors: readonly FieldError[] | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(
    statusCode: number,
    detail: string,
    more: { readonly errors?: readonly FieldError[]; readonly retryAfterSeconds?: number } = {},
  ) {
    super(detail)
    this.statusCode = statusCode
    this.errors = more.errors
    this.retryAfterSeconds = more.retryAfterSeconds
  }
}
