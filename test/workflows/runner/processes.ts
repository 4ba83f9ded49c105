import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a process was started with; the runner looks for it, too (actions/runner, `JobExtension.cs`). */
export const trackingVariable = 'RUNNER_TRACKING_ID'

/**
 * Ends every process that belongs to a job's machine, at once, until none is left: those with its mark in their environment, and those that work in its folder or
 * name it on their command line, as servers do that were given an environment of their own. A hosted runner is thrown away with all that runs on it.
 */
export async function endMachine(dir: string, mark: string): Promise<number> {
  const ended = new Set<number>()
  for (let found = own(dir, mark); found.length > 0; found = own(dir, mark)) {
    for (const pid of found) {
      ended.add(pid)
      signal(pid, 'SIGKILL')
    }
    await sleep(10)
  }
  return ended.size
}

/** The living processes of a job's machine. */
export function own(dir: string, mark: string): number[] {
  const marked = `${trackingVariable}=${mark}\0`
  return pids().filter((pid) => {
    const stat = statOf(pid)
    if (!stat || stat.state === 'Z') return false
    if (read(`/proc/${pid}/environ`).includes(marked) || read(`/proc/${pid}/cmdline`).includes(`${dir}/`)) return true
    const at = linkOf(`/proc/${pid}/cwd`)
    return at === dir || at.startsWith(`${dir}/`)
  })
}

/** The processes that a process started itself, those that have ended and not been collected yet left out. */
export const childrenOf = (parent: number): number[] =>
  pids().filter((pid) => {
    const stat = statOf(pid)
    return stat?.parent === parent && stat.state !== 'Z'
  })

/** Who else holds the other end of a pipe that a process reads: what a step left behind with the step's own output. */
export function writersTo(reader: number): number[] {
  const pipes = new Set(pipesOf(reader, ({ mode, fd }) => mode === 'read' && fd > 2).map(({ pipe }) => pipe))
  return pids().filter(
    (pid) => pid !== reader && pipesOf(pid, ({ mode }) => mode !== 'read').some(({ pipe }) => pipes.has(pipe)),
  )
}

/** A process and all that descend from it. */
export const treeOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(treeOf)]

/** Sends a signal; one that has ended meanwhile needs none. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function pids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
}

/** See proc_pid_stat(5): the name, in brackets, may hold spaces and brackets. */
function statOf(pid: number): { readonly state: string; readonly parent: number } | undefined {
  const stat = read(`/proc/${pid}/stat`)
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state ? { state, parent: Number(parent) } : undefined
}

/** Empty where it ended while it was looked at. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

type Pipe = { readonly fd: number; readonly pipe: string; readonly mode: 'read' | 'write' }

function pipesOf(pid: number, which: (pipe: Pipe) => boolean): Pipe[] {
  const folder = `/proc/${pid}/fd`
  return list(folder).flatMap((name) => {
    const pipe = linkOf(`${folder}/${name}`)
    if (!pipe.startsWith('pipe:')) return []
    // The last octal digit of `flags` is the access mode: 0 is reading.
    const mode = /flags:\s*\d*0$/m.test(read(`/proc/${pid}/fdinfo/${name}`)) ? 'read' : 'write'
    const found = { fd: Number(name), pipe, mode } as const
    return which(found) ? [found] : []
  })
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
