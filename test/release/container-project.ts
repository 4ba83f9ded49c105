import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { stringify } from 'yaml'
import { untrainedBundle } from '../../bench/bundle.ts'
import type { DeployOptions } from '../../pipeline/release/deployment.ts'
import { git } from '../../pipeline/release/git.ts'
import { buildImage } from '../../pipeline/release/image/build.ts'
import type { ReleasedModel } from '../../pipeline/release/release.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { base, missing, scratchContainers } from './image/containers.ts'
import { makeProject } from './project.ts'

/** Why servers cannot be run as containers here; undefined when they can. */
export async function missingForContainers(): Promise<string | undefined> {
  const { failed } = await execa('docker', ['--version'], { reject: false })
  return (await missing()) ?? (failed ? "needs docker's client; on Debian, apt-get install docker.io" : undefined)
}

/**
 * A scratch project whose production runs the real server as containers, each with 512 MB and three quarters of a CPU. Docker's own client talks to podman, which has a storage of its own; nothing of it is left when disposed.
 */
export async function makeContainerProject(log: (line: string) => void) {
  await using made = new AsyncDisposableStack()
  const { dir, podman } = made.use(await scratchContainers())
  made.use(await startService(dir))
  const project = made.use(await makeProject({ standIn: false }))
  const { root, ports } = project
  const settings = {
    host: { launcher: 'docker', port: ports.production, memory_mb: 512, cpus: 0.75 },
    canary: { steps: [20, 50], min_requests: 100, tolerance_percent: 20 },
  }
  await writeFile(join(root, 'environments', 'production', 'environment.yaml'), stringify(settings))
  await git(root, ['commit', '--quiet', '--all', '-m', 'containers'])
  await git(root, ['push', '--quiet', 'origin', 'main'])
  const commit = await project.commit()
  const kept = made.move()

  return {
    root,
    port: ports.production,
    state: stateDir(root, 'production'),
    podman,
    /** Builds the image of a model of its own. Returns what a deploy of it is given; `bundle` is where its bundle lies. */
    async image(version: number, golden = 0) {
      const bundle = join(dir, `bundle-${version}`)
      const change = <T extends { prediction: number }>(one: T) => ({ ...one, prediction: one.prediction + golden })
      const digest = await untrainedBundle(bundle, { seed: version, shift: -0.5, change })
      const tag = `localhost/sales:${version}`
      const origin = { title: 'sales', source: 'https://example.org/sales', revision: commit, licenses: 'MIT' }
      const modelFingerprint = `sha256:${'f'.repeat(64)}`
      await buildImage({ root, bundle, base, modelFingerprint, origin, tag, builder: 'buildah', log })
      const image = `localhost/sales@${await podman('image', 'inspect', '--format', '{{.Digest}}', tag)}`
      const model: ReleasedModel = { name: 'ice-cream-sales', version, digest, fingerprint: modelFingerprint }
      const options: DeployOptions = { ...project.options(model, commit, { bundle: async () => bundle, log }), image }
      return { bundle, digest, options }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Podman as the daemon that docker's client talks to, until disposed. */
async function startService(dir: string) {
  const socket = join(dir, 'docker.sock')
  await using log = await open(join(dir, 'service.log'), 'w')
  // It takes docker's word for no health check for a health check, and looks for systemd to run it.
  const env = { ...process.env, DISABLE_HC_SYSTEMD: 'true' }
  const args = ['system', 'service', '--time=0', `unix://${socket}`]
  const child = spawn('podman', args, { env, stdio: ['ignore', log.fd, log.fd] })
  const ended = once(child, 'exit')
  for (const until = Date.now() + 120_000; !existsSync(socket); await sleep(50))
    assert.ok(Date.now() < until && child.exitCode === null, 'podman does not serve')
  process.env['DOCKER_HOST'] = `unix://${socket}`
  return {
    async [Symbol.asyncDispose]() {
      delete process.env['DOCKER_HOST']
      child.kill()
      await ended
    },
  }
}
