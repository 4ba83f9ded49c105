import { InputError } from '../errors.ts'

/** MLflow could not be reached or did not do what was asked: which call, where, what it answered, what to do. Never holds credentials. */
export class MlflowError extends InputError {
  override name = 'MlflowError'
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  /** MLflow's own error code, such as `RESOURCE_ALREADY_EXISTS`; empty when it gave none. */
  readonly code: string

  constructor(message: string, status: number, code: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.status = status
    this.code = code
  }
}

export type Asked = {
  readonly method: string
  readonly path: string
  readonly uri: string
  /** Takes credentials out of what was said. */
  readonly hide?: (words: string) => string
}

const asIs = (words: string) => words

/** No answer at all, after all attempts. */
export function unreachable(asked: Asked, cause: unknown, attempts: number): MlflowError {
  const tried = attempts > 1 ? ` (tried ${attempts} times)` : ''
  return new MlflowError(
    `MLflow at ${asked.uri} does not answer: ${asked.method} ${asked.path}: ${reasonOf(cause, asked.hide)}${tried}. ` +
      'Check that the server runs and can be reached from here, or unset MLFLOW_TRACKING_URI to use the embedded server',
    0,
    '',
    cause,
  )
}

/** MLflow answered with an error. `body` is what it said, JSON or not. */
export function refused(asked: Asked, status: number, body: string): MlflowError {
  const { code, words } = ownWords(body, asked.hide)
  const said = [String(status), code, words].filter((part) => part !== '').join(' ')
  const message = `MLflow at ${asked.uri}: ${asked.method} ${asked.path} → ${said}. ${cure(status, code, words)}`
  return new MlflowError(message, status, code)
}

/** Something answered, but not the way MLflow does. */
export function notMlflow(asked: Asked, status: number, body: string): MlflowError {
  const shown = plain((asked.hide ?? asIs)(body), 80)
  return new MlflowError(
    `MLflow at ${asked.uri}: ${asked.method} ${asked.path} → ${status}, expected JSON, got ${JSON.stringify(shown)}. ` +
      'Check that MLFLOW_TRACKING_URI is the address of an MLflow server (3 or later), without a path of its page',
    status,
    '',
  )
}

function ownWords(body: string, hide = asIs): { code: string; words: string } {
  try {
    const answer = JSON.parse(body) as { error_code?: unknown; message?: unknown } | null
    return {
      code: plain(hide(String(answer?.error_code ?? '')), 80),
      words: plain(hide(String(answer?.message ?? '')), 500),
    }
  } catch {
    // Proxies answer in HTML; its first words are all that helps.
    return { code: '', words: plain(hide(body).replace(/<[^>]*>/g, ' '), 200) }
  }
}

function cure(status: number, code: string, words: string): string {
  if (status === 403 && /host header/i.test(words)) return 'Start the server with --allowed-hosts naming this address'
  if (status === 401 || status === 403) {
    return 'Set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, of a user who may do this'
  }
  if (status === 404 && code === '')
    return 'Check that MLFLOW_TRACKING_URI is the address of an MLflow server (3 or later)'
  if (status === 413) return 'The server or a proxy before it limits the size of uploads: raise that limit'
  if (status >= 500 || status === 429)
    return 'Try again; if it stays so, read the server’s log (embedded: .mergeline/mlflow/server.log)'
  return 'If the words above do not tell what to mend, read the server’s log (embedded: .mergeline/mlflow/server.log)'
}

function reasonOf(cause: unknown, hide = asIs): string {
  if (!(cause instanceof Error)) return 'unknown reason'
  // A name with several addresses fails with one error per address and no message of its own.
  const first = cause instanceof AggregateError ? cause.errors[0] : cause
  const inner = first instanceof Error ? first : cause
  return plain(hide(inner.message || ((inner as NodeJS.ErrnoException).code ?? inner.name)), 200)
}

/** One line that cannot steer a terminal. */
function plain(text: string, limit: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to go
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ').trim()
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line
}
