import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { processes } from '../processes.ts'

/** Is told of progress, a line at a time. */
export type Log = (line: string) => void

/** The files of the embedded server of one working tree. */
export type Place = {
  readonly dir: string
  readonly program: string
  readonly database: string
  readonly storeUri: string
  readonly artifacts: string
  readonly log: string
  readonly lock: string
  readonly state: string
  /** Lies there from before the database is made until the server first answers: what it leaves when killed in between is thrown away. */
  readonly unfinished: string
}

/** What is remembered from one command to the next. The server itself is found by its own command line. */
export type State = { readonly port: number; readonly group: number | null }

/** A running server. `group` is its process group: MLflow and the workers that it starts. */
export type Running = { readonly group: number; readonly port: number }

/** Where the embedded server of the tree at `root` keeps its files; `root` may be reached through links. */
export function placeOf(root: string): Place {
  const real = realpathSync(root)
  const dir = join(real, '.mergeline', 'mlflow')
  const database = join(dir, 'mlflow.db')
  return {
    dir,
    program: join(real, '.venv', 'bin', 'mlflow'),
    database,
    storeUri: `sqlite:///${database}`,
    artifacts: join(dir, 'artifacts'),
    log: join(dir, 'server.log'),
    lock: join(dir, 'starting.lock'),
    state: join(dir, 'server.json'),
    unfinished: join(dir, 'unfinished'),
  }
}

export function readState(place: Place): State | null {
  try {
    const { port, group } = JSON.parse(readFileSync(place.state, 'utf8')) as State
    return Number.isInteger(port) && port > 0 && port < 65536
      ? { port, group: Number.isInteger(group) ? group : null }
      : null
  } catch {
    // Missing or damaged: a server is found without it, only its port may change.
    return null
  }
}

export function writeState(place: Place, state: State): void {
  mkdirSync(place.dir, { recursive: true })
  const beside = `${place.state}.${process.pid}`
  try {
    writeFileSync(beside, `${JSON.stringify(state)}\n`)
    renameSync(beside, place.state)
  } finally {
    rmSync(beside, { force: true })
  }
}

/**
 * The servers of this place: processes that lead their group and whose command line names this very database. A process id alone proves
 * nothing, since it may have been given to another process.
 */
export async function findServers(place: Place): Promise<Running[]> {
  return (await processes()).flatMap(({ pid, group, command }) => {
    const port = / server .*--port (\d+)/.exec(command)?.[1]
    return pid === group && port && command.includes(`--backend-store-uri ${place.storeUri} `)
      ? [{ group, port: Number(port) }]
      : []
  })
}

/** The group of a server of this place whose leader was killed while its workers live on, or null. */
export async function findRest(place: Place): Promise<number | null> {
  const state = readState(place)
  if (!state?.group) return null
  const group = (await processes()).filter((one) => one.group === state.group)
  if (group.some((one) => one.pid === one.group)) return null
  return group.some(({ command }) => command.includes(`--port ${state.port} `) && command.includes('mlflow.server'))
    ? state.group
    : null
}

/** The port of last time, when it is free, so that addresses stay the same; else any free one. */
export async function choosePort(last: number | undefined): Promise<number> {
  return (last === undefined ? null : await listenOnce(last)) ?? (await listenOnce(0)) ?? 0
}

function listenOnce(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : null))
    })
  })
}
