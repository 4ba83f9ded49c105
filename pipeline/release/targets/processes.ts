import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, realpath } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { processes } from '../../processes.ts'
import { readText } from './files.ts'

/** A process of an environment on this machine. `id` is the member's, or `gateway`. */
export type FoundProcess = { readonly pid: number; readonly id: string }

// Each process carries its folder and id on its command line. So it is found although whoever started it was killed before it could write down
// the process number, and a number that the system gave to somebody else is never mistaken for ours.
const mark = '--mergeline='

/** Starts a detached process that outlives this one; it sees no variable but those given. What it says is appended to `log`. */
export async function launch(
  state: string,
  {
    id,
    cwd,
    script,
    env,
    log,
  }: { id: string; cwd: string; script: string; env: { [name: string]: string }; log: string },
): Promise<number> {
  await using file = await open(log, 'a')
  const child = spawn(process.execPath, [script, `${mark}${await realpath(state)}#${id}`], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', file.fd, file.fd],
  })
  await once(child, 'spawn')
  child.unref()
  if (child.pid === undefined) throw new Error(`${script} has no process number`)
  return child.pid
}

/** All living processes of an environment. */
export async function processesOf(state: string): Promise<FoundProcess[]> {
  const ours = `${mark}${await realpath(state).catch(() => state)}#`
  const found: FoundProcess[] = []
  for (const { pid, command } of await processes()) {
    const at = command.indexOf(ours)
    if (at >= 0) found.push({ pid, id: command.slice(at + ours.length).trim() })
  }
  return found
}

/** Ends the processes with this id: asks them, waits until they drained, and after `patienceMs` ends them for good. */
export async function end(state: string, id: string, patienceMs = 15_000): Promise<void> {
  const given = Date.now() + patienceMs
  let asked: 'SIGTERM' | 'SIGKILL' | undefined
  for (;;) {
    const left = (await processesOf(state)).filter((process) => process.id === id)
    if (left.length === 0) return
    const ask = Date.now() >= given ? 'SIGKILL' : 'SIGTERM'
    if (ask !== asked) for (const { pid } of left) signal(pid, ask)
    asked = ask
    await sleep(30)
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended meanwhile.
  }
}

/** What a process said last, for an error message: its last line that names an error, else its last lines. */
export async function lastLines(log: string, count = 3): Promise<string> {
  const lines = ((await readText(log)) ?? '').trimEnd().split('\n')
  const telling = lines.findLast((line) => /^(\w*Error|serve|gateway): /.test(line))
  return (telling ?? lines.slice(-count).join(' | ')).slice(-600)
}
