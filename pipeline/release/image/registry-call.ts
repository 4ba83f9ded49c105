import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../../errors.ts'
import type { Account } from './account.ts'
import { isLoopback } from './name.ts'
import { RegistryError, refused, unreachable } from './registry-error.ts'
import { authorize } from './registry-token.ts'

export type RegistryCall = {
  readonly method: 'GET' | 'PUT'
  /** Below `/v2/<repository>/`. */
  readonly path: string
  readonly accept?: readonly string[]
  readonly content?: { readonly type: string; readonly bytes: Buffer }
}
export type RegistryAnswer = { readonly bytes: Buffer; readonly type: string }

export type RegistrySettings = {
  readonly registry: string
  readonly repository: string
  readonly account: Account | null
  /** How to wait between attempts, in ms: for tests. */
  readonly pause?: (ms: number) => Promise<unknown>
}

const ATTEMPTS = 5
const ANSWER_MS = 30_000
/** As long as a manifest may be by the specification of distribution (github.com/opencontainers/distribution-spec, "Pushing manifests"); a configuration is shorter. */
const LONGEST = 4 * 1024 * 1024
/** Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015). */
const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 10_000

/**
 * Opens a repository of a registry by its HTTP API (OCI distribution specification 1.1) and returns what sends a call there: with whoever has logged in,
 * again while the registry passes through a fault, over plain HTTP on loopback and TLS elsewhere. It throws RegistryError, also for an answer over 4 MiB.
 */
export function openRepository(settings: RegistrySettings): (call: RegistryCall) => Promise<RegistryAnswer> {
  const { registry, repository, pause = sleep } = settings
  // Docker Hub is named by one host and answers at another; images without an owner are the library's.
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry
  const path = registry === 'docker.io' && !repository.includes('/') ? `library/${repository}` : repository
  const base = `${isLoopback(registry) ? 'http' : 'https'}://${host}/v2/${path}`
  const tokens = new Map<RegistryCall['method'], string>()
  const ask = async (call: RegistryCall): Promise<Response> => {
    const url = `${base}/${call.path}`
    const answer = await once(url, call, tokens.get(call.method))
    const challenge = answer.headers.get('www-authenticate')
    if (answer.status !== 401 || challenge === null) return answer
    const scope = `repository:${path}:${call.method === 'PUT' ? 'pull,push' : 'pull'}`
    const token = await authorize(challenge, scope, settings)
    if (token === null) return answer
    await answer.body?.cancel()
    tokens.set(call.method, token)
    return once(url, call, token)
  }
  return async (call) => {
    const asked = `${registry}: ${call.method} ${repository}/${call.path}`
    for (let attempt = 1; ; attempt++) {
      let answer: Response
      try {
        answer = await ask(call)
        if (answer.ok) return await read(answer)
      } catch (error) {
        if (error instanceof InputError) throw error
        if (attempt === ATTEMPTS) throw unreachable(asked, error, attempt)
        await pause(waitBefore(attempt))
        continue
      }
      const passing = answer.status === 429 || answer.status >= 500
      if (!passing || attempt === ATTEMPTS) throw refused(asked, answer.status, await wordsOf(answer), settings)
      await answer.body?.cancel()
      await pause(Math.max(waitBefore(attempt), retryAfter(answer)))
    }
  }
}

function once(url: string, { method, accept, content }: RegistryCall, authorization: string | undefined) {
  return fetch(url, {
    method,
    // Where it is sent on to another host, as blobs are, fetch leaves the authorization behind.
    headers: {
      ...(accept ? { accept: accept.join(', ') } : {}),
      ...(authorization ? { authorization } : {}),
      ...(content ? { 'content-type': content.type } : {}),
    },
    signal: AbortSignal.timeout(ANSWER_MS),
    ...(content ? { body: new Uint8Array(content.bytes) } : {}),
  })
}

async function read(answer: Response): Promise<RegistryAnswer> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of answer.body ?? []) {
    bytes += part.length
    if (bytes > LONGEST) throw new RegistryError(`${new URL(answer.url).host}: sent more than a manifest may have`, 0)
    parts.push(part)
  }
  return { bytes: Buffer.concat(parts), type: answer.headers.get('content-type')?.split(';')[0]?.trim() ?? '' }
}

const waitBefore = (attempt: number) => Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1))

function retryAfter(answer: Response): number {
  const seconds = Number(answer.headers.get('retry-after'))
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, LONGEST_WAIT_MS) : 0
}

/** What the registry says of a refusal; nothing where that cannot be read. */
async function wordsOf(answer: Response): Promise<string> {
  try {
    return (await read(answer)).bytes.toString('utf8')
  } catch {
    return ''
  }
}
