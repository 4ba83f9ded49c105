import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { smokeTest } from '../../../pipeline/release/targets/smoke-test.ts'
import { freePort } from '../../free-port.ts'
import { apiKey, sha256 } from '../../serve/helper.ts'
import { ready } from '../../serve/process.ts'

/**
 * Runs an image as the container `server`: as nobody in particular, without rights, on a root file system that cannot be written, and with no other place to
 * write to. It must be ready with this model, and predict the bundle's golden records.
 */
export async function runServer(
  podman: (...args: string[]) => Promise<string>,
  image: string,
  { dir, bundle, digest }: { readonly dir: string; readonly bundle: string; readonly digest: string },
): Promise<void> {
  const [port, keys] = [await freePort(), join(dir, 'keys')]
  await writeFile(keys, `${sha256(apiKey)}\n`, { mode: 0o644 })
  const rights = ['--read-only', '--read-only-tmpfs=false', '--cap-drop=all', '--security-opt=no-new-privileges']
  // Podman's own defaults may be more than this machine allows its root.
  const limits = ['--ulimit=nofile=1024:1024', '--ulimit=nproc=1024:1024', '--health-interval=disable']
  const mounted = `--volume=${keys}:/run/secrets/mergeline-api-keys:ro`
  const at = ['--env=MERGELINE_HOST=127.0.0.1', `--env=MERGELINE_PORT=${port}`]
  await podman('run', '--detach', '--name=server', '--network=host', ...rights, ...limits, mounted, ...at, image)
  const url = `http://127.0.0.1:${port}`
  const told = await ready(url).catch(async (error: Error) =>
    assert.fail(`${error.message}: ${await podman('logs', 'server')}`),
  )
  assert.deepEqual(told, { digest, pid: 1, ready: true })
  assert.equal(await smokeTest({ url, key: apiKey, bundle, digest }), null)
}
