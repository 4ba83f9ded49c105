import { hostname } from 'node:os'
import { runOfMachine, startOf } from '../processes.ts'
import type { Environment } from './environment.ts'
import { machineOf } from './machine.ts'
import type { OpenRelease } from './queue.ts'

/** Who rolls a release out, as the ledger names them. */
export type Holder = {
  /** One word. */
  readonly name: string
  /** Whether another holder still works; undefined where that cannot be known from here, as of one on another machine. */
  readonly alive: (name: string) => Promise<boolean | undefined>
  /** Whether who asked by this request may still roll it out; undefined where that cannot be known. Without it, everybody may. */
  readonly asks?: (request: string) => Promise<boolean | undefined>
}

/**
 * A process of this machine: `<hostname>:<machine>:<run>:<process id>:<its start>`. `machine` is the word of the folder's own, by which what a reboot ended is known; `run` that of the machine
 * since it was started, by which other folders of it are. Another machine of the same hostname shares neither. The older form `<hostname>:<process id>:<its start>` is still read.
 */
export async function processHolder(root: string): Promise<Holder> {
  const host = hostname().replace(/[^\w.-]/g, '-')
  const [machine, run] = [await machineOf(root), `r${(await runOfMachine()) ?? ''}`]
  return {
    name: `${host}:${machine}:${run}:${process.pid}:${startWord(await startOf(process.pid))}`,
    alive: async (name) => {
      const [, there, its = machine, since = run, pid, start] =
        /^([\w.-]+):(?:(m[0-9a-f]+):(r[0-9a-f]*):)?(\d+):(\S+)$/.exec(name) ?? []
      const here = there === host && (its === machine || (since === run && run !== 'r'))
      if (!here) return undefined
      return since === run && startWord(await startOf(Number(pid))) === start
    },
  }
}

// Where `ps` tells it, a start is a date with spaces and colons.
const startWord = (start: string | undefined) => (start === undefined ? '-' : start.replace(/\W+/g, '-'))

/** Beyond the deadline of its trial a rollout only starts servers, switches and records. */
const graceMs = 15 * 60_000

/**
 * Whether somebody still works on an open release: as its holder's own kind can tell, else for as long as the environment's deadline and 15 minutes
 * allow. One without a holder is of a time before there were any.
 */
export async function works(
  { name, alive }: Holder,
  open: OpenRelease,
  { canary }: Environment,
  now = Date.now(),
): Promise<boolean> {
  if (open.holder === undefined) return false
  if (open.holder === name) return true
  const known = await alive(open.holder)
  return known ?? now - Date.parse(open.since) < canary.deadline_minutes * 60_000 + graceMs
}
