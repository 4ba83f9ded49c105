import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { readText, stateDir } from '../release/targets/files.ts'
import { gatewayAddress } from '../release/targets/gateway-client.ts'

/** Where an environment's clients ask, and with which key. */
export type Entry = { readonly url: string; readonly key: string; readonly keyFile: string }

/** The entry of an environment on this machine. Throws InputError when nothing was deployed there yet. */
export async function entryOf(root: string, environment: string): Promise<Entry> {
  const state = stateDir(root, environment)
  const keyFile = join(state, 'api-key')
  const [address, key] = [await gatewayAddress(state), await readText(keyFile)]
  if (!address || !key) {
    throw new InputError(
      `${environment} does not run here; deploy to it first: npm run deploy -- --environment ${environment}`,
    )
  }
  return { url: `http://127.0.0.1:${address.port}`, key: key.trim(), keyFile }
}
