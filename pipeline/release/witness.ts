import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * Told before and after each act on what outlives this process: a call of git, a file written durably. It may hold the act up, or throw in its place: so a rollout is
 * ended, or meets a fault, at any instant of it.
 */
export type Witness = (when: 'before' | 'after', act: string) => Promise<void>

const witnesses = new AsyncLocalStorage<Witness>()

/** Runs something under the eyes of a witness, and all that it calls. */
export function witnessed<T>(witness: Witness, run: () => Promise<T>): Promise<T> {
  return witnesses.run(witness, run)
}

/** Does something that outlives this process; `act` names it, as in `git push`. */
export async function act<T>(name: string, make: () => Promise<T>): Promise<T> {
  const witness = witnesses.getStore()
  await witness?.('before', name)
  const made = await make()
  await witness?.('after', name)
  return made
}
