import { existsSync, mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../errors.ts'
import { takeLock } from '../lock.ts'
import { START_MS, untilReady, uriOf } from './embedded-ready.ts'
import { STOP_MS, start } from './embedded-start.ts'
import { findRest, findServers, type Log, placeOf, readState, writeState } from './embedded-state.ts'
import { endGroup } from './end-group.ts'
import { ask, createMlflow, type Mlflow } from './mlflow.ts'

/** The environment variables that MLflow's own clients read. */
export type TrackingSettings = {
  readonly MLFLOW_TRACKING_URI?: string | undefined
  readonly MLFLOW_TRACKING_TOKEN?: string | undefined
  readonly MLFLOW_TRACKING_USERNAME?: string | undefined
  readonly MLFLOW_TRACKING_PASSWORD?: string | undefined
}

/** `uri` is without credentials; `mlflow` is the connection, made with them. */
export type Tracking = {
  readonly uri: string
  readonly embedded: boolean
  readonly started: boolean
  readonly mlflow: Mlflow
}

/**
 * Connects to the MLflow that `MLFLOW_TRACKING_URI` names, else to this working tree's own server, which is started when it does not run.
 * `log` is told of progress while it starts. Throws InputError or MlflowError when there is none to be had: what failed and what to do.
 */
export async function ensureMlflow(
  root: string,
  settings: TrackingSettings,
  { log = () => {} }: { log?: Log } = {},
): Promise<Tracking> {
  if (settings.MLFLOW_TRACKING_URI) {
    const mlflow = createMlflow({
      uri: settings.MLFLOW_TRACKING_URI,
      token: settings.MLFLOW_TRACKING_TOKEN,
      username: settings.MLFLOW_TRACKING_USERNAME,
      password: settings.MLFLOW_TRACKING_PASSWORD,
    })
    // Found out now, with one clear error, and not after minutes of training. It also asks for the credentials, which /health does not.
    await ask(mlflow, { method: 'GET', path: '/api/2.0/mlflow/experiments/search', query: { max_results: 1 } })
    return { uri: mlflow.uri, embedded: false, started: false, mlflow }
  }
  const { uri, started } = await ensureEmbedded(root, log)
  return { uri, embedded: true, started, mlflow: createMlflow({ uri }) }
}

/** Ends this working tree's own MLflow server and all that it started. Returns whether there was one. */
export async function stopMlflow(root: string): Promise<boolean> {
  const place = placeOf(root)
  const rest = await findRest(place)
  const groups = [...(await findServers(place)).map((running) => running.group), ...(rest === null ? [] : [rest])]
  await Promise.all(groups.map((group) => endGroup(group, STOP_MS)))
  const state = readState(place)
  if (state) writeState(place, { port: state.port, group: null })
  return groups.length > 0
}

/**
 * Finds this working tree's own MLflow server, or starts it: SQLite and artifacts below `.mergeline/mlflow/`, on the loopback interface.
 * It goes on running when the command ends. Safe when two commands do this at once, and when one is killed at any instant.
 * Throws InputError when it cannot be started, with the last lines of its log.
 */
async function ensureEmbedded(root: string, log: Log): Promise<{ uri: string; started: boolean }> {
  const place = placeOf(root)
  if (!existsSync(place.program))
    throw new InputError(`${place.program} is missing, which tracks runs and models; run \`npm run setup\``)
  mkdirSync(place.dir, { recursive: true })
  const deadline = Date.now() + START_MS
  for (;;) {
    const [running] = await findServers(place)
    if (running) {
      // Another command may just have started it; should that fail, it is our turn.
      if (await untilReady(place, running, deadline, log)) return { uri: uriOf(running), started: false }
      continue
    }
    const lock = await takeLock(place.lock)
    if (!('holder' in lock)) {
      await using _lock = lock
      if ((await findServers(place)).length === 0)
        return { uri: uriOf(await start(place, deadline, log)), started: true }
    }
    if (Date.now() > deadline)
      throw new InputError(`MLflow: another command holds ${place.lock}; wait for it, or end it and remove that file`)
    await sleep(200)
  }
}
