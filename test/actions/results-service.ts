import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Stands in for GitHub's service that keeps artifacts (Twirp) and the storage that it sends uploads to, on the loopback interface. */
export async function startResultsService() {
  const requests: { readonly method: string; readonly path: string; readonly body?: unknown }[] = []
  const stored: { sha256: string; bytes: Buffer }[] = []
  const blocks: Buffer[] = []
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    const body = await read(request)
    const twirp = url.pathname.startsWith('/twirp/')
    const comp = url.searchParams.get('comp')
    requests.push({
      method: request.method ?? '',
      path: `${url.pathname.split('/').at(-1)}${comp ? `?comp=${comp}` : ''}`,
      ...(twirp ? { body: JSON.parse(body.toString()) } : {}),
    })
    if (twirp) {
      const { port } = server.address() as AddressInfo
      const answer = url.pathname.endsWith('/CreateArtifact')
        ? { ok: true, signed_upload_url: `http://127.0.0.1:${port}/account/container/upload?sig=secret` }
        : { ok: true, artifact_id: String(stored.length) }
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
      return
    }
    if (comp === 'block') blocks.push(body)
    else stored.push(archive(comp === 'blocklist' ? Buffer.concat(blocks.splice(0)) : body))
    response.writeHead(201).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo
  const claims = Buffer.from(JSON.stringify({ scp: 'Actions.Results:run-1:job-1' })).toString('base64url')
  return {
    requests,
    /** The archives that were uploaded. */
    stored,
    env: { ACTIONS_RESULTS_URL: `http://127.0.0.1:${port}/`, ACTIONS_RUNTIME_TOKEN: `e30.${claims}.x` },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const archive = (bytes: Buffer) => ({ sha256: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes })

async function read(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
