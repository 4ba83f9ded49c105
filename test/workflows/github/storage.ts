import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { logRequest } from './log.ts'
import { read, suffer } from './server.ts'
import type { World } from './world.ts'

type Link = { readonly file: string; readonly name: string; readonly write: boolean; readonly until: number }

/** Account and container: Azure's client wants both in the path where the host is a number. */
const folder = '/github/results/'

const links = new WeakMap<World, Map<string, Link>>()

/** A new file in the storage. */
export const newFile = ({ dir }: World) => join(dir, 'storage', randomBytes(12).toString('hex'))

/** A link to a file of the storage: for a minute to read it, for an hour to write it. It needs no token, and the storage refuses one. */
export function signedUrl(world: World, file: string, name: string, write = false): string {
  const signature = randomBytes(24).toString('base64url')
  const own = links.get(world) ?? new Map<string, Link>()
  links.set(world, own)
  own.set(signature, { file, name, write, until: Date.now() + (write ? 3_600_000 : 60_000) })
  return `${world.urls.storage}${folder}${basename(file)}?sig=${signature}`
}

/** The storage behind GitHub, as Azure's: uploads come whole or in blocks that a list puts in order. */
export async function serveStorage(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://localhost')
  const { method = '' } = request
  const operation = `${method} blob`
  logRequest(world, request, response, { service: 'storage', operation, who: { kind: 'nobody' } })
  if (request.headers.authorization !== undefined) {
    world.state.violations.push({ request: `${method} ${url.pathname}`, what: 'a token was sent to the storage' })
    return void response.writeHead(400).end('InvalidAuthenticationInfo')
  }
  const link = links.get(world)?.get(url.searchParams.get('sig') ?? '')
  if (
    !link ||
    `${folder}${basename(link.file)}` !== url.pathname ||
    link.until < Date.now() ||
    link.write !== (method === 'PUT')
  )
    return void response.writeHead(403).end('AuthenticationFailed')
  const fault = world.faults.next(operation)
  if (await suffer(fault, 'before', response)) return
  if (method === 'PUT') await put(link.file, url.searchParams, request)
  if (await suffer(fault, 'after', response)) return
  if (method === 'PUT') return void response.writeHead(201).end()
  const { size } = await stat(link.file)
  const kind = link.name.endsWith('.zip') ? 'application/zip' : 'application/octet-stream'
  const disposition = `attachment; filename="${encodeURIComponent(link.name)}"`
  response.writeHead(200, { 'content-type': kind, 'content-length': size, 'content-disposition': disposition })
  await pipeline(createReadStream(link.file), response).catch(() => {})
}

async function put(file: string, query: URLSearchParams, request: IncomingMessage): Promise<void> {
  const comp = query.get('comp')
  if (comp === 'block') return void (await writeFile(blockOf(file, query.get('blockid') ?? ''), await read(request)))
  if (comp !== 'blocklist') return void (await pipeline(request, createWriteStream(file)))
  const ids = [...(await read(request)).toString().matchAll(/<(?:Latest|Uncommitted)>([^<]+)</g)].map(
    ([, id = '']) => id,
  )
  await writeFile(file, Buffer.concat(await Promise.all(ids.map((id) => readFile(blockOf(file, id))))))
}

const blockOf = (file: string, id: string) => `${file}.${createHash('sha256').update(id).digest('hex').slice(0, 16)}`

/** A file's size and its SHA-256, `sha256:…`. */
export async function measure(file: string): Promise<{ readonly size: number; readonly digest: string }> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return { size: (await stat(file)).size, digest: `sha256:${hash.digest('hex')}` }
}
