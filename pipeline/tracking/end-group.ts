import { setTimeout as sleep } from 'node:timers/promises'
import { processes } from '../processes.ts'

/** Ends all processes of a group: asks first, and insists after `graceMs`. Returns when none is left. */
export async function endGroup(group: number, graceMs: number): Promise<void> {
  signal(group, 'SIGTERM')
  const insistAt = Date.now() + graceMs
  let insisted = false
  while ((await processes()).some((one) => one.group === group)) {
    if (!insisted && Date.now() > insistAt) {
      signal(group, 'SIGKILL')
      insisted = true
    }
    await sleep(100)
  }
}

function signal(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
