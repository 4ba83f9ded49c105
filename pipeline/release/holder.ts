import { hostname } from 'node:os'
import { startOf } from '../processes.ts'
import type { Environment } from './environment.ts'
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

/** A process of this machine: `<hostname>:<process id>:<its start>`. */
export async function processHolder(): Promise<Holder> {
  const host = hostname().replace(/[^\w.-]/g, '-')
  return {
    name: `${host}:${process.pid}:${startWord(await startOf(process.pid))}`,
    alive: async (name) => {
      const [, there, pid, start] = /^([\w.-]+):(\d+):(\S+)$/.exec(name) ?? []
      return there === host ? startWord(await startOf(Number(pid))) === start : undefined
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
