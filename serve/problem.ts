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
/** One wrong value: `field` names it as a record has it (`records.1.shop`), `pointer` where it lies in the body that was sent (`#/dataframe_split/data/1/0`; RFC 6901, 6). */
export type FieldError = { readonly field: string; readonly pointer: string; readonly message: string }

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

/** Refuses a body for what is in it: 422, each wrong value told by field, pointer and sentence. */
export function wrongBody(errors: readonly FieldError[]): Refusal {
  return new Refusal(422, errors.map(({ field, message }) => `${field} ${message}`).join('; '), { errors })
}

/** Refuses a body whose value at `path` is not what the protocol wants there. */
export function wrongAt(path: readonly (string | number)[], message: string): Refusal {
  return wrongBody([{ field: path.map((part) => shown(part)).join('.') || 'body', pointer: pointerTo(path), message }])
}

/** The JSON Pointer to a value of the body, as a URI fragment; what a client named is cut to 80 characters. */
export function pointerTo(path: readonly (string | number)[]): string {
  return `#${path.map((part) => `/${encodeURI(shown(part).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')}`
}

/** A client's own name for something, short enough to be told. */
export const shown = (name: string | number): string => String(name).slice(0, 80).toWellFormed()
