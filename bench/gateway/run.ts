import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { request } from 'undici'

const root = join(import.meta.dirname, '../..')

/** Starts an entry of serve/ as a launcher does. It runs until it is stopped. */
export function startEntry(
  entry: 'server' | 'gateway',
  env: { readonly [name: string]: string },
  flags: readonly string[] = [],
) {
  const child: ChildProcess = spawn(process.execPath, [...flags, `serve/${entry}.ts`], {
    cwd: root,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (child.pid === undefined) throw new Error(`serve/${entry}.ts did not start`)
  return { pid: child.pid, stop: (signal: NodeJS.Signals = 'SIGKILL') => void child.kill(signal) }
}

/** Waits until a URL answers with 200; throws after 20 s. */
export async function untilAnswers(url: string): Promise<void> {
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(50)) {
    const status = await request(url).then(
      async ({ statusCode, body }) => body.dump().then(() => statusCode),
      () => 0,
    )
    if (status === 200) return
  }
  throw new Error(`${url} did not answer within 20 s`)
}

export type Load = {
  readonly port: number
  readonly connections: number
  readonly requests: number
  readonly key: string
  readonly body: string
}

/** Sends a load from a process of its own. Throws when a request failed. */
export async function send(load: Load): Promise<void> {
  const { stdout } = await execa(process.execPath, [join(import.meta.dirname, 'load.ts'), JSON.stringify(load)])
  const { failed } = JSON.parse(stdout) as { failed: number }
  if (failed > 0) throw new Error(`${failed} of ${load.requests} requests on port ${load.port} failed`)
}
