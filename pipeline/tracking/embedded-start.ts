import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { InputError } from '../errors.ts'
import { tail, untilReady } from './embedded-ready.ts'
import { choosePort, findRest, type Log, type Place, type Running, readState, writeState } from './embedded-state.ts'
import { endGroup } from './end-group.ts'

/** How long a server may take to end when asked. */
export const STOP_MS = 10_000

/** Starts the server of this place and waits until it answers. The caller holds the lock. */
export async function start(place: Place, deadline: number, log: Log): Promise<Running> {
  const rest = await findRest(place)
  if (rest !== null) await endGroup(rest, STOP_MS)
  if (existsSync(place.unfinished))
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(place.database + end, { force: true })
  if (!existsSync(place.database)) writeFileSync(place.unfinished, '')
  for (let last = readState(place)?.port; ; last = undefined) {
    const port = await choosePort(last)
    // The port before the process: whoever comes after us, should we be killed here, asks for the same.
    writeState(place, { port, group: null })
    const child = launch(place, port)
    if (child.pid === undefined) throw new InputError(`MLflow cannot be started: ${await child.ended}`)
    const running = { group: child.pid, port }
    writeState(place, running)
    const ended = new AbortController()
    void child.ended.then(() => ended.abort())
    if (await untilReady(place, running, deadline, log, ended.signal)) return running
    const why = await child.ended
    await endGroup(running.group, STOP_MS)
    // Someone took the port between the look and the server's own bind.
    if (/address already in use/i.test(tail(place))) continue
    throw new InputError(`MLflow ended while it started (${why}). The last lines of ${place.log}:\n${tail(place)}`)
  }
}

/** A process group of its own: it outlives this command, and Ctrl-C in this command's terminal does not reach it. */
function launch(place: Place, port: number): { pid: number | undefined; ended: Promise<string> } {
  const output = openSync(place.log, 'w')
  const server = [
    'server',
    '--workers',
    '1',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--backend-store-uri',
    place.storeUri,
  ]
  const artifacts = ['--serve-artifacts', '--artifacts-destination', place.artifacts]
  // By env(1), which becomes the server: so that the variables of this process are handed on without being read here.
  const child = spawn('/usr/bin/env', [...environment, place.program, ...server, ...artifacts], {
    cwd: place.dir,
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  child.unref()
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
  })
  return { pid: child.pid, ended }
}

const environment = [
  // What the user's shell sets for MLflow's clients must not send the server elsewhere.
  ...['-u', 'MLFLOW_TRACKING_URI', '-u', 'MLFLOW_REGISTRY_URI'],
  // Half the memory and start-up time; nothing here uses its jobs.
  'MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false',
  'MLFLOW_DISABLE_TELEMETRY=true',
  'DO_NOT_TRACK=true',
  // So that the log's last lines are there when it is killed.
  'PYTHONUNBUFFERED=1',
]
