import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { untrainedBundle } from '../../bench/bundle.ts'
import { compileCache } from '../compile-cache.ts'
import { apiKey, sha256 } from './helper.ts'

/** Starts an entry point the way a launcher does; it ends with the test. */
export function start(entry: 'server' | 'gateway', env: Readonly<Record<string, string>>) {
  const { PATH = '' } = process.env
  const child: ChildProcess = spawn(process.execPath, [`serve/${entry}.ts`], {
    env: { ...compileCache, PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout?.on('data', (chunk) => (output += chunk))
  child.stderr?.on('data', (chunk) => (errors += chunk))
  const exited = once(child, 'close').then(([code, signal]) => (signal ?? code) as number | string)
  return {
    pid: child.pid,
    exited,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    output: () => output,
    errors: () => errors,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Asks until it is answered, for a minute at most. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const limit = Date.now() + 60_000
  while (Date.now() < limit) {
    const answer = await ask().catch(() => undefined)
    if (answer !== undefined) return answer
    await sleep(20)
  }
  throw new Error(`${what}: not within a minute`)
}

/** Nobody is refused because this machine is busy: for tests with more clients at once than a handful. */
export const patient = { MERGELINE_MAX_WAIT_MS: '60000' }

/** A bundle, its keys, and the environment of a server for them on `port`. */
export async function setUp(folder: string, port: number) {
  const bundle = join(folder, 'bundle')
  const keys = join(folder, 'keys')
  await writeFile(keys, `${sha256(apiKey)}\n`)
  const digest = await untrainedBundle(bundle)
  const env = {
    MERGELINE_BUNDLE: bundle,
    MERGELINE_PORT: String(port),
    MERGELINE_API_KEYS_FILE: keys,
    MERGELINE_ENVIRONMENT: 'test',
  }
  return { bundle, keys, digest, env, url: `http://127.0.0.1:${port}` }
}

/** Waits for a server and returns what it says of itself. */
export const ready = (url: string) =>
  until('ready', async () => (await fetch(`${url}/ready`)).json() as Promise<{ digest: string; pid: number }>)
