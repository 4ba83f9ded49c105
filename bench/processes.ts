import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMicroseconds } from './cpu.ts'

/** A program that a bench started, with all the processes that it started itself. */
export type Started = AsyncDisposable & {
  readonly pid: number
  readonly exited: Promise<number | string>
  readonly kill: (signal: NodeJS.Signals) => void
  /** The end of what it printed. */
  readonly said: () => string
  /** µs of CPU that they have used; Linux only. */
  readonly cpu: () => number
  /** Resident memory of all of them, in MiB; Linux only. */
  readonly memory: () => number
  readonly startedAt: number
}

type Environment = { readonly [name: string]: string }

/** Starts a program in a group of its own, with `env` and PATH as its whole environment; it ends, with its group, when it is disposed of. */
export function start(command: string, args: readonly string[], env: Environment, cwd?: string): Started {
  const { PATH = '', HOME = '' } = process.env
  const startedAt = performance.now()
  const child = spawn(command, args, {
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(cwd ? { cwd } : {}),
  })
  let text = ''
  const hear = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-4000)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const exited = new Promise<number | string>((resolve) => {
    child.once('error', (error) => {
      text += error.message
      resolve(error.message)
    })
    child.once('close', (code, signal) => resolve(signal ?? code ?? 'no code'))
  })
  const { pid = 0 } = child
  const kill = (signal: NodeJS.Signals) => send(-pid, signal)
  return {
    ...{ pid, exited, kill, said: () => text, startedAt },
    cpu: () => family(pid).reduce((sum, one) => sum + cpuMicroseconds(one), 0),
    memory: () => family(pid).reduce((sum, one) => sum + memoryOf(one), 0) / 1024,
    [Symbol.asyncDispose]: async () => {
      // Some servers put their workers into groups of their own, and these would live on, with our pipes open.
      const all = process.platform === 'linux' && pid > 0 ? family(pid) : []
      kill('SIGKILL')
      for (const one of all) send(one, 'SIGKILL')
      await exited
    },
  }
}

/** Starts an entry of serve/ as a launcher does. */
export const startEntry = (entry: 'server' | 'gateway', env: Environment): Started =>
  start(process.execPath, [join(import.meta.dirname, `../serve/${entry}.ts`)], env)

/** Asks until the server answers 2xx, for `seconds` at most; returns the ms since it was started. Throws with what the server said. */
export async function untilReady(server: Started, url: string, seconds = 20): Promise<number> {
  let over = false
  void server.exited.then(() => {
    over = true
  })
  for (const limit = performance.now() + seconds * 1000; performance.now() < limit && !over; await sleep(5)) {
    const ready = await fetch(url, { signal: AbortSignal.timeout(5000) }).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ready) return performance.now() - server.startedAt
  }
  throw new Error(`${url} ${over ? 'ended' : `was not ready within ${seconds} s`}: ${server.said().slice(-1000)}`)
}

/** Signals a process, or a group of them; whoever has ended hears nothing. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    if (pid !== 0) process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}

/** A process and all that descend from it. Source: proc(5). */
function family(root: number): readonly number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(Number(name)))
  const found = [root]
  for (let at = 0; at < found.length; at += 1)
    for (const [pid, parent] of parents) if (parent === found[at] && !found.includes(pid)) found.push(pid)
  return found
}

/** What comes after the program's name in /proc/<pid>/stat, which may hold anything: the state, then the parent. */
const parentOf = (pid: number) =>
  Number(
    read(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')[1] ?? 0,
  )

const memoryOf = (pid: number) => Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0)

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
