import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectSecure } from 'node:tls'
import { execa } from 'execa'
import { createConnections } from '../../serve/connections.ts'
import { drain } from '../../serve/drain.ts'

const request = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'

/** A server on loopback that says `connection: close` once it drains. */
async function listen(answer: RequestListener) {
  let draining = false
  const connections = createConnections()
  const server = createServer((asked, response) => {
    if (draining) response.setHeader('connection', 'close')
    answer(asked, response)
  })
  connections.follow(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const announce = () => {
    draining = true
  }
  return {
    connect: () => {
      const socket = connect(port, '127.0.0.1')
      const ended = new Promise<string>((resolve) => {
        socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? ''))
        socket.on('close', () => resolve('ended'))
      })
      return { socket, ended }
    },
    drain: ({ quietMs = 2_000, withinMs = 10_000 } = {}) => drain(server, withinMs, quietMs, { connections, announce }),
  }
}

/** The whole of an answer, whose body is `length` bytes. */
async function read(socket: Socket, length: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= length + (chunks[0] as Buffer).indexOf('\r\n\r\n') + 4) break
  }
  return Buffer.concat(chunks).toString('latin1')
}

const busy = (ms: number) => {
  for (const until = performance.now() + ms; performance.now() < until; );
}

test('who connects while a turn of the event loop is at work, just before nobody listens any more, is answered', async () => {
  const server = await listen((_asked, response) => response.end('yes'))
  const clients: { readonly socket: Socket; readonly ended: Promise<string> }[] = []
  // Turns in which nobody comes, and turns in which somebody does: as with a model that predicts in each of them.
  let turns = 0
  const work = () => {
    turns += 1
    if (turns % 3 === 1) clients.push(server.connect())
    if (turns < 12) setImmediate(work)
    busy(2)
  }
  setImmediate(work)
  const drained = server.drain({ quietMs: 50 })
  while (clients.length < 4) await sleep(1)
  for (const { socket } of clients) {
    socket.write(request)
    assert.match(await read(socket, 3), /^HTTP\/1\.1 200 [\s\S]*connection: close[\s\S]*yes$/i)
  }
  for (const { ended } of clients) assert.equal(await ended, 'ended')
  await drained
  assert.equal(await server.connect().ended, 'ECONNREFUSED')
})

test('who asks on a kept connection long after nobody can connect any more is answered, and told that it ends', async () => {
  const server = await listen((_asked, response) => response.end('yes'))
  const { socket, ended } = server.connect()
  socket.write(request)
  assert.doesNotMatch(await read(socket, 3), /connection: close/i)
  const drained = server.drain()
  await sleep(1000)
  socket.write(request)
  assert.match(await read(socket, 3), /^HTTP\/1\.1 200 [\s\S]*connection: close/i)
  assert.equal(await ended, 'ended')
  await drained
})

test('an answer that its client has not read yet is not cut off', async () => {
  const body = 'x'.repeat(20_000_000)
  const server = await listen((_asked, response) => response.end(body))
  const { socket } = server.connect()
  socket.write(request)
  await once(socket, 'readable')
  const drained = server.drain({ quietMs: 50 })
  await sleep(500)
  const text = await read(socket, body.length)
  assert.equal(text.length - text.indexOf('\r\n\r\n') - 4, body.length)
  socket.destroy()
  await drained
})

test('whoever neither asks nor reads holds no server for longer than its limit', async () => {
  const server = await listen((_asked, response) => response.end('x'.repeat(20_000_000)))
  const [idle, lazy] = [server.connect(), server.connect()]
  lazy.socket.write(request)
  await once(lazy.socket, 'readable')
  await server.drain({ quietMs: 50, withinMs: 200 })
  idle.socket.resume()
  assert.equal(await idle.ended, 'ended')
  lazy.socket.destroy()
})

test('taking in who connects counts for the limit', async () => {
  const server = await listen((_asked, response) => response.end('yes'))
  const idle = server.connect()
  await once(idle.socket, 'connect')
  idle.socket.resume()
  let [turns, going] = [0, true]
  // No turn is quick, so that it goes on until it has to end.
  const work = () => {
    turns += 1
    busy(2)
    if (going) setImmediate(work)
  }
  setImmediate(work)
  await server.drain({ withinMs: 100 })
  going = false
  // Of 2 ms each: a machine that stands still makes fewer of them, never more.
  assert.ok(turns < 150, `${turns} turns`)
  assert.equal(await idle.ended, 'ended')
})

test('who connects under TLS and says nothing does not hold the server; who is waiting for an answer is not ended', async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'mergeline-drain-'))
  const [key, cert] = [join(dir.path, 'key.pem'), join(dir.path, 'cert.pem')]
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=x', '-days', '1']
  await execa('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', cert])
  const asked = Promise.withResolvers<ServerResponse>()
  const connections = createConnections()
  const options = { key: await readFile(key), cert: await readFile(cert) }
  const server = createSecureServer(options, (_asked, response) => asked.resolve(response))
  connections.follow(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const waiting = connectSecure({ port, host: '127.0.0.1', rejectUnauthorized: false })
  waiting.write(request)
  const response = await asked.promise
  const silent = connect(port, '127.0.0.1')
  silent.resume()
  const ended = new Promise((resolve) => silent.on('error', () => {}).on('close', () => resolve('ended')))
  await once(silent, 'connect')
  const drained = drain(server, 60_000, 100, { connections, announce: () => {} })
  assert.equal(await Promise.race([ended, sleep(30_000, 'not ended', { ref: false })]), 'ended')
  response.setHeader('connection', 'close').end('yes')
  assert.match(await read(waiting, 3), /^HTTP\/1\.1 200 [\s\S]*yes$/)
  waiting.destroy()
  await drained
})
