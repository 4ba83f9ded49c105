import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../../pipeline/errors.ts'
import type { GitHub } from './github.ts'

/** A link to the storage holds for a minute; the download itself may take longer. */
export const downloadMs = 300_000
const tries = 4

/**
 * Downloads what GitHub keeps, in memory, at most `maxBytes`. `open` gives a link or the bytes themselves, anew for each try: a link may have run out meanwhile; what it throws
 * is final. Throws InputError that names it (`name`) for too many bytes, and when it cannot be had.
 */
export async function download(
  name: string,
  maxBytes: number,
  open: () => Promise<URL | AsyncIterable<Uint8Array>>,
): Promise<Buffer> {
  for (let attempt = 1; ; attempt++) {
    const from = await open()
    try {
      return await readWhole(from instanceof URL ? await bodyOf(from) : from, name, maxBytes)
    } catch (cause) {
      if (cause instanceof InputError) throw cause
      const why = cause instanceof Error ? cause.message : String(cause)
      if (attempt === tries)
        throw new InputError(`${name}: could not be downloaded in ${tries} tries: ${why}; run the job again`, { cause })
      // Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
      await sleep(Math.random() * 500 * 2 ** attempt)
    }
  }
}

/**
 * Where an answer of GitHub's sends us. Redirects are not followed by themselves: the storage is another host, and the token is not for it. Throws InputError for an
 * answer without a link that may be followed.
 */
export function linkOf({ octokit }: GitHub, location: string | undefined, name: string): URL {
  const link = URL.parse(location ?? '')
  const plainHttp = octokit.request.endpoint.DEFAULTS.baseUrl.startsWith('http:')
  if (link?.protocol === 'https:' || (link?.protocol === 'http:' && plainHttp)) return link
  throw new InputError(`${name}: GitHub answered without a link to it; run the job again`)
}

async function bodyOf(link: URL): Promise<AsyncIterable<Uint8Array>> {
  const answer = await fetch(link, { signal: AbortSignal.timeout(downloadMs) })
  if (answer.ok && answer.body) return answer.body
  await answer.body?.cancel()
  throw new Error(`the storage answered ${answer.status}`)
}

async function readWhole(body: AsyncIterable<Uint8Array>, name: string, maxBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    size += part.length
    if (size > maxBytes)
      throw new InputError(
        `${name}: its archive has more than ${maxBytes.toLocaleString('en-US')} bytes, so it is not read`,
      )
    parts.push(part)
  }
  return Buffer.concat(parts)
}
