import { InputError } from '../../errors.ts'
import { oneLine } from '../../report/escape.ts'

/** A registry could not be reached, or refused: which call, what it said, what to do. Never holds credentials. */
export class RegistryError extends InputError {
  override name = 'RegistryError'
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  constructor(message: string, status: number, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.status = status
  }
}

/** No answer at all, after all attempts. */
export function unreachable(asked: string, cause: unknown, attempts: number): RegistryError {
  const { message, cause: below } = cause as Error
  const why = oneLine(below instanceof Error ? below.message : message, 200)
  return new RegistryError(
    `${asked}: no answer (tried ${attempts} times): ${why}. Check the registry's name, and that it can be reached from here`,
    0,
    cause,
  )
}

/** The registry answered with an error. `body` is what it said. */
export function refused(
  asked: string,
  status: number,
  body: string,
  { registry, account }: { readonly registry: string; readonly account: unknown },
): RegistryError {
  const cures: { readonly [status: number]: string } = {
    401: account
      ? 'log in again'
      : `nobody has logged in: \`docker login ${registry}\`, or \`buildah login ${registry}\``,
    403: 'this account may not do that; on GitHub, the job needs `packages: write`',
    404: 'there is no such thing in the registry',
  }
  const said = [status, ownWords(body)].filter((part) => part !== '').join(' ')
  return new RegistryError(`${asked} → ${said}; ${cures[status] ?? 'try again later'}`, status)
}

/** Of the specification's `{"errors":[{"code","message"}]}`, the first; nothing of anything else. */
function ownWords(body: string): string {
  try {
    const { errors } = JSON.parse(body) as { readonly errors?: unknown }
    const [first] = Array.isArray(errors) ? (errors as { readonly code?: unknown; readonly message?: unknown }[]) : []
    return oneLine([first?.code, first?.message].filter((part) => typeof part === 'string').join(': '), 200)
  } catch {
    return ''
  }
}
