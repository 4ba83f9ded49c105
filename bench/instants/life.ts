import { type Witness, witnessed } from '../../pipeline/release/witness.ts'

/** Counts what commands do, and says when one is killed. */
export type Clock = {
  /** Each instant so far, by what was about to be done there, or had just been. */
  readonly seen: string[]
  /** The instants, from 1, at which whoever is at work is killed. */
  readonly kills: ReadonlySet<number>
  /** What was killed where. */
  readonly killed: string[]
  /** What all references of git are, where it is to be told which of its calls changed one. */
  readonly refs?: () => Promise<string>
  before?: string
}

export const newClock = (kills: readonly number[] = []): Clock => ({ seen: [], kills: new Set(kills), killed: [] })

/** One command from its start to its end, or until it is killed. */
export type Life = {
  /** Is asked at each instant, and never answers a command that is killed there: nothing that comes after it happens, as after SIGKILL. */
  readonly step: (what: string) => Promise<void>
  /** Runs the command; undefined where it was killed. */
  readonly run: <T>(command: () => Promise<T>) => Promise<T | undefined>
}

export function makeLife(clock: Clock): Life {
  const { promise: death, resolve: die } = Promise.withResolvers<undefined>()
  let dead = false
  const step = async (what: string): Promise<void> => {
    const changed = await changedRefs(clock, what)
    if (!dead) {
      clock.seen.push(changed ? what : `${what}, nothing new`)
      if (clock.kills.has(clock.seen.length)) {
        dead = true
        clock.killed.push(what)
        die(undefined)
      }
    }
    if (dead) await new Promise(() => {})
  }
  const witness: Witness = (when, act) => step(`${when} ${act}`)
  return { step, run: (command) => Promise.race([witnessed(witness, command), death]) }
}

const moving = /^after git (push|fetch|update-ref)$/

async function changedRefs(clock: Clock, instant: string): Promise<boolean> {
  if (!clock.refs || !moving.test(instant)) return true
  const { before } = clock
  clock.before = await clock.refs()
  return clock.before !== before
}

/**
 * The instants after each act that changes what others see, or what a later command finds, and the one before the first of them: what is after one change is before the next, since nothing
 * else happens in between. Objects of git that no reference names yet are no change. Numbers from 1.
 */
export function betweenChanges(seen: readonly string[]): readonly number[] {
  const numbers = seen.map((_, index) => index + 1)
  return [1, ...numbers.filter((number) => isChange(seen[number - 1] ?? ''))]
}

function isChange(instant: string): boolean {
  return instant.startsWith('after ') && (!/^after git /.test(instant) || moving.test(instant))
}
