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

/** All processes but this one. */
export function pids(): number[] {
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

/** A file of `/proc`; empty where the process ended while it was looked at. */
export function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

/** Where a link of `/proc` leads; empty where the process ended. */
export function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
