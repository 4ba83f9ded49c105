import { hash, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../pipeline/release/targets/ports.ts'
import { type Started, startEntry, untilReady } from '../processes.ts'

export type Ours = { readonly server: Started; readonly port: number; readonly key: string; readonly startedMs: number }

/** Starts the server as it is in production, with keys, an audit log and metrics, on a port of its own, and waits until it is ready; `more` environment over it. Its key is made unless given. */
export async function startOurs(
  folder: string,
  bundle: string,
  more: { readonly [name: string]: string } = {},
  key = randomBytes(24).toString('base64url'),
): Promise<Ours> {
  const keys = join(folder, 'keys')
  await mkdir(folder, { recursive: true })
  await writeFile(keys, `${hash('sha256', key)} predict,read,control bench\n`)
  const port = await freePort()
  const server = startEntry('server', {
    MERGELINE_BUNDLE: bundle,
    MERGELINE_PORT: String(port),
    MERGELINE_API_KEYS_FILE: keys,
    MERGELINE_ENVIRONMENT: 'bench',
    MERGELINE_AUDIT_DIR: join(folder, 'audit'),
    ...more,
  })
  return { server, port, key, startedMs: await untilReady(server, `http://127.0.0.1:${port}/ready`) }
}
