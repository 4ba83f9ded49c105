import { spawn } from 'node:child_process'
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../free-port.ts'

/** A real registry (Debian's `docker-registry`) on loopback, without TLS and accounts, with its files under `dir`; it ends when disposed. */
export async function startRegistry(dir: string) {
  const port = await freePort()
  const root = join(dir, 'registry')
  await mkdir(root)
  const config = join(dir, 'registry.json')
  // Its configuration is YAML, of which JSON is a part.
  const settings = {
    version: '0.1',
    storage: { filesystem: { rootdirectory: root } },
    http: { addr: `127.0.0.1:${port}` },
    log: { level: 'error', accesslog: { disabled: true } },
  }
  await writeFile(config, JSON.stringify(settings))
  // What it calls an error is also each question for what it does not have: to be read only when it does not start.
  const log = await open(join(dir, 'registry.log'), 'w')
  const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', log.fd] })
  await log.close()
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const dispose = async () => {
    child.kill()
    await ended
  }
  const at = `127.0.0.1:${port}`
  for (let attempt = 0; ; attempt++) {
    const answer = await fetch(`http://${at}/v2/`).catch(() => null)
    if (answer?.ok) break
    if (attempt === 1200 || child.exitCode !== null) {
      await dispose()
      throw new Error(`docker-registry does not start: ${await readFile(join(dir, 'registry.log'), 'utf8')}`)
    }
    await sleep(50)
  }
  return { at, [Symbol.asyncDispose]: dispose }
}
