import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { takeLock } from '../lock.ts'
import type { Context } from './context.ts'
import { trainingFolder } from './finished-training.ts'

/** Two that train the same at once would do it twice: the second waits, and finds what the first has finished. */
export async function oneAtATime({ root, say }: Context, fingerprint: string): Promise<AsyncDisposable> {
  const folder = trainingFolder(root, fingerprint)
  await mkdir(dirname(folder), { recursive: true })
  for (let told = false; ; told = true) {
    const lock = await takeLock(`${folder}.lock`)
    if (!('holder' in lock)) return lock
    if (!told) say(`train: process ${lock.holder} is training the same; waiting for it …`)
    await sleep(500)
  }
}
