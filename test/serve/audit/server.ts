import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Pool } from 'undici'
import { exampleRecord } from '../../../bench/bundle.ts'
import { compileCache } from '../../compile-cache.ts'
import { apiKey } from '../helper.ts'
import { ready } from '../process.ts'

/** A server in a process of its own, as `command` starts it. */
export async function startServer(
  env: Readonly<Record<string, string>>,
  command: readonly string[] = [process.execPath],
) {
  const [program = '', ...args] = command
  const { PATH = '' } = process.env
  const child = spawn(program, [...args, 'serve/server.ts'], {
    env: { ...compileCache, PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout.resume()
  child.stderr.on('data', (chunk) => (said += chunk))
  const exited = once(child, 'close')
  const url = `http://127.0.0.1:${env['MERGELINE_PORT']}`
  await Promise.race([
    ready(url),
    exited.then(() => {
      throw new Error(`the server ended: ${said}`)
    }),
  ])
  return {
    pid: child.pid as number,
    url,
    said: () => said,
    metric: async (name: string) =>
      Number(new RegExp(`^${name}(?:\\{.*\\})? (.+)$`, 'm').exec(await (await fetch(`${url}/metrics`)).text())?.[1]),
    end: async (signal: NodeJS.Signals) => {
      child.kill(signal)
      await exited
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

const body = JSON.stringify(exampleRecord)

/** Asks as `connections` clients at once until `end` is called; keeps what each request came to, `answered` with the ids that it was told. */
export function askAll(url: string, connections: number) {
  const pool = new Pool(url, { connections })
  const answered: string[] = []
  const refused: number[] = []
  let ending = false
  const clients = Array.from({ length: connections }, async () => {
    while (!ending) {
      try {
        const answer = await pool.request({
          method: 'POST',
          path: '/v1/predict',
          headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
          body,
        })
        const told = (await answer.body.json()) as { prediction_ids?: readonly string[] }
        if (answer.statusCode === 200) answered.push(...(told.prediction_ids ?? ['no id']))
        else refused.push(answer.statusCode)
      } catch {
        // The server was killed: nobody was told anything.
        return
      }
    }
  })
  return {
    answered,
    refused,
    end: async () => {
      ending = true
      await Promise.all(clients)
      await pool.destroy()
    },
  }
}

/** The ids of all predictions in a log. */
export function recordedIds(folder: string): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.jsonl')))
    for (const [id] of readFileSync(join(folder, name), 'latin1').matchAll(/(?<=,"id":")[0-9a-f-]{36}(?=")/g))
      ids.add(id)
  return ids
}
