import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { lockedPackages, trainingPackages } from './fingerprint.ts'

/**
 * Makes sure that the packages training runs on are those that `package-lock.json` pins: the fingerprint is taken from the lock, and must not name what did
 * not run. Throws InputError naming the first that differs.
 */
export async function requireInstalled(root: string): Promise<void> {
  for (const { path, version } of await lockedPackages(root, await trainingPackages(root))) {
    const text = await readFile(join(root, path, 'package.json'), 'utf8').catch(() => undefined)
    // Binaries of other platforms are locked and not installed.
    if (text === undefined) continue
    const installed = (JSON.parse(text) as { version?: string }).version
    if (installed !== version) {
      throw new InputError(
        `${path} is ${installed}, package-lock.json pins ${version}; run \`npm run setup\`, which installs what is pinned`,
      )
    }
  }
}
