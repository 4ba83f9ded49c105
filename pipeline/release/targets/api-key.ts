import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readText, writeDurably } from './files.ts'

/** The environment's API key, made at the first deploy (`api-key`, for its owner only), and the file of its hash that servers read. */
export async function apiKeyOf(state: string): Promise<{ readonly key: string; readonly hashFile: string }> {
  const file = join(state, 'api-key')
  const hashFile = join(state, 'api-key.sha256')
  let key = (await readText(file))?.trim()
  if (!key) {
    key = randomBytes(24).toString('base64url')
    await writeDurably(file, `${key}\n`, 0o600)
  }
  const hash = `${createHash('sha256').update(key).digest('hex')}\n`
  if ((await readText(hashFile)) !== hash) await writeDurably(hashFile, hash)
  return { key, hashFile }
}
