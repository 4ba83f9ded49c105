import { join } from 'node:path'
import { InputError } from '../../pipeline/errors.ts'
import { takeLock } from '../../pipeline/lock.ts'

const beatMs = 1000

/**
 * Makes this process the only one that writes in a folder, until the returned function is called or the process ends: two writers would break the chain. A folder may be a
 * volume of several containers, each with a process 1 of its own. `onLost` is called when another has taken it over, because this process stood still for too long. Throws InputError when another process holds it.
 */
export async function lockFolder(folder: string, onLost: () => void = () => {}): Promise<() => Promise<void>> {
  const lock = await takeLock(join(folder, 'lock'), { beatMs, onLost })
  if (!('holder' in lock)) return async () => await lock[Symbol.asyncDispose]()
  throw new InputError(
    `${folder}: process ${lock.holder} writes its audit log there; give each server a folder of its own (MERGELINE_AUDIT_DIR)`,
  )
}
