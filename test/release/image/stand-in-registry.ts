import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const manifestType = 'application/vnd.docker.distribution.manifest.v2+json'
export const digestOf = (bytes: string | Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

type Answer = {
  readonly status: number
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
}

/** A registry on loopback that keeps manifests and blobs by what they are asked by, and answers otherwise where `answer` says so. */
export async function startStandInRegistry(
  answer: (request: IncomingMessage, url: URL) => Answer | undefined = () => undefined,
) {
  const kept = new Map<string, { readonly type: string; readonly body: string }>()
  const asked: string[] = []
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://registry')
    let body = ''
    for await (const part of request) body += part
    asked.push(`${request.method} ${url.pathname}${url.search}`)
    const reply = (told: Answer) => response.writeHead(told.status, told.headers ?? {}).end(told.body ?? '')
    const other = answer(request, url)
    if (other) return reply(other)
    if (request.method === 'PUT') {
      kept.set(url.pathname, { type: String(request.headers['content-type']), body })
      return reply({ status: 201 })
    }
    const found = kept.get(url.pathname)
    if (!found)
      return reply({ status: 404, body: '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}' })
    reply({ status: 200, headers: { 'content-type': found.type }, body: found.body })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const at = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    at,
    asked,
    kept,
    /** Puts an image there under these names, besides its digest. Returns that. */
    put(
      repository: string,
      names: readonly string[],
      labels: { readonly [label: string]: string },
      layers = [digestOf('layer')],
    ) {
      const config = JSON.stringify({ config: { Labels: labels }, rootfs: { type: 'layers', diff_ids: layers } })
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: { digest: digestOf(config), size: config.length },
        layers: layers.map((digest) => ({ digest, size: 100 })),
      })
      kept.set(`/v2/${repository}/blobs/${digestOf(config)}`, { type: 'application/octet-stream', body: config })
      for (const name of [digestOf(manifest), ...names])
        kept.set(`/v2/${repository}/manifests/${name}`, { type: manifestType, body: manifest })
      return digestOf(manifest)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
