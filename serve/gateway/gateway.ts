import { hash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { InputError } from '../../pipeline/errors.ts'
import { createConnections } from '../connections.ts'
import { drain } from '../drain.ts'
import { keyCheck } from '../keys.ts'
import type { Tls } from '../tls.ts'
import { createControl } from './control.ts'
import { factsOf } from './facts.ts'
import { readMembers, writeJson } from './members.ts'
import { createGatewayMetrics } from './metrics.ts'
import { createProxy } from './proxy.ts'
import { createSwitchboard } from './switchboard.ts'
import { readToken } from './token.ts'
import { createWaiting, type WaitingLimits } from './waiting.ts'

export type GatewayOptions = {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  /** Folder of members.json, gateway.json and events/. */
  readonly state: string
  readonly tokenFile: string
  readonly log?: (line: string) => void
  /** 5 s for a body, 2048 that have not arrived, 256 MiB of them, unless told. */
  readonly waiting?: Partial<WaitingLimits>
  /** Requests in flight; one more is refused. 1024 unless told. */
  readonly maxInFlight?: number
  /** Once it stops, idle connections are ended when nobody has asked for so long: 2 s unless told. */
  readonly quietMs?: number
  /** The certificate of the public side; plain HTTP without it. */
  readonly tls?: Tls | undefined
}

export type Gateway = {
  readonly port: number
  readonly controlPort: number
  /** Stops accepting, answers what is in flight (10 s at most), writes the events; may be called twice. */
  stop(): Promise<void>
  /** Resolves when it has stopped, whoever asked. */
  readonly stopped: Promise<void>
}

const drainMs = 10_000
const defaultQuietMs = 2_000
const headersMs = 5_000
const defaultWaiting: WaitingLimits = { bodyMs: 5_000, bodies: 2048, bytes: 256 * 1024 * 1024 }

/**
 * Starts a gateway: the public side on `host:port`, the control side on a free port of the loopback address, which `state/gateway.json` tells once both listen.
 * The public port is the lock of the state folder: who does not get it changes nothing there. Throws what `listen` throws, and InputError for a damaged state.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { state, log = () => {} } = options
  makeFolder(state)
  const token = readToken(options.tokenFile)
  const members = readMembers(state)
  const phase = { stopping: false, closed: false }
  const stopped = Promise.withResolvers<void>()

  const waiting = { ...defaultWaiting, ...options.waiting }
  // Node looks for connections past these limits once an interval, 30 s unless told: longer than the limits themselves.
  const limits = {
    headersTimeout: headersMs,
    requestTimeout: headersMs + waiting.bodyMs,
    connectionsCheckingInterval: 1_000,
  }
  const { tls } = options
  const openOptions = { ...limits, keepAliveTimeout: 65_000 }
  const open: Server | TlsServer = tls ? createTlsServer({ ...openOptions, ...tls.options }) : createServer(openOptions)
  const connections = createConnections()
  connections.follow(open)
  const control = createServer(limits)
  await listen(control, '127.0.0.1', 0)
  try {
    await listen(open, options.host, options.port)
  } catch (error) {
    control.close()
    throw error
  }
  // The port is ours from here, and so is the folder. No request has been read yet: nothing since `listening` gave the event loop a turn.
  const board = createSwitchboard(state, members, token, log)
  const bodies = createWaiting(waiting)
  const metrics = createGatewayMetrics(() => factsOf(board.now(), proxy.inFlight()))
  const proxy = createProxy({
    switchboard: board,
    metrics,
    waiting: bodies,
    maxInFlight: options.maxInFlight ?? 1024,
    stopping: () => phase.closed,
  })
  open.on('request', proxy.listener)
  const stopTls = tls?.follow(open as TlsServer, log)
  control.on('request', createControl(board, keyCheck([hash('sha256', token)]), log))
  const port = portOf(open)
  const controlPort = portOf(control)
  const address = join(state, 'gateway.json')
  writeJson(address, { pid: process.pid, port, controlPort })

  async function stop(): Promise<void> {
    if (phase.stopping) return stopped.promise
    phase.stopping = true
    log('stopping')
    const announce = () => {
      phase.closed = true
    }
    await drain(open, drainMs, options.quietMs ?? defaultQuietMs, { connections, announce })
    bodies.close()
    stopTls?.()
    await board.close()
    removeOwn(address, controlPort)
    await drain(control, 1000, 0)
    stopped.resolve()
  }
  return { port, controlPort, stop, stopped: stopped.promise }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  server.listen({ host, port })
  await once(server, 'listening')
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

function removeOwn(address: string, controlPort: number): void {
  try {
    if ((JSON.parse(readFileSync(address, 'utf8')) as { controlPort?: number }).controlPort === controlPort)
      rmSync(address)
  } catch {
    // Gone, or another's: nothing to remove.
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    throw new InputError(`${folder}: the gateway's state folder cannot be made (${(cause as Error).message})`, {
      cause,
    })
  }
}
