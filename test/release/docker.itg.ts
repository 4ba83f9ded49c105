// The same canary with real containers: docker's own client, and podman behind its socket, with a storage of its own.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { stringify } from 'yaml'
import { deploy } from '../../pipeline/release/deploy.ts'
import { git } from '../../pipeline/release/git.ts'
import { buildImage } from '../../pipeline/release/image/build.ts'
import { readJournal } from '../../pipeline/release/journal.ts'
import type { ReleasedModel } from '../../pipeline/release/release.ts'
import { status } from '../../pipeline/release/status.ts'
import { stop } from '../../pipeline/release/stop.ts'
import { apiKeyOf } from '../../pipeline/release/targets/api-key.ts'
import { containersOf } from '../../pipeline/release/targets/docker.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { exampleRecord, makeBundle } from '../serve/bundle.ts'
import { base, missing, scratchContainers } from './image/containers.ts'
import { clients, makeProject } from './project.ts'

const client = await execa('docker', ['--version'], { reject: false })
const skip =
  (await missing()) ?? (client.failed ? "needs docker's client; on Debian, apt-get install docker.io" : false)

/** Podman as the daemon that docker's client talks to, until disposed. */
async function startService(dir: string) {
  const socket = join(dir, 'docker.sock')
  const child = spawn('podman', ['system', 'service', '--time=0', `unix://${socket}`], { stdio: 'inherit' })
  for (const until = Date.now() + 30_000; !existsSync(socket); await sleep(50)) assert.ok(Date.now() < until)
  process.env['DOCKER_HOST'] = `unix://${socket}`
  return {
    async [Symbol.asyncDispose]() {
      delete process.env['DOCKER_HOST']
      child.kill()
      await once(child, 'exit')
    },
  }
}

test('containers: a first release, a good one promoted, a canary that dies rolled back; no client sees a failure', {
  skip,
  timeout: 1_200_000,
}, async (t) => {
  await using containers = await scratchContainers()
  await using _service = await startService(containers.dir)
  await using project = await makeProject({ standIn: false })
  const { root, dir, ports } = project
  const settings = {
    host: { launcher: 'docker', port: ports.production, memory_mb: 512 },
    canary: { steps: [20, 50], min_requests: 30, tolerance_percent: 20 },
  }
  await writeFile(join(root, 'environments', 'production', 'environment.yaml'), stringify(settings))
  await git(root, ['commit', '--quiet', '--all', '-m', 'containers'])
  await git(root, ['push', '--quiet', 'origin', 'main'])
  const commit = await project.commit()
  const state = stateDir(root, 'production')

  const release = async (version: number, log: (line: string) => void = () => {}) => {
    const bundle = join(dir, `image-${version}`)
    const digest = await makeBundle(bundle, (one) => ({ ...one, prediction: one.prediction + version * 1e-9 }))
    const fingerprint = `sha256:${'f'.repeat(64)}`
    const origin = { title: 'sales', source: 'https://example.org/acme/sales', revision: commit, licenses: 'MIT' }
    const tag = `localhost/sales:${version}`
    await buildImage({ root, bundle, base, modelFingerprint: fingerprint, origin, tag, builder: 'buildah' })
    const image = `localhost/sales@${await containers.podman('inspect', '--format', '{{.Digest}}', tag)}`
    const model: ReleasedModel = { name: 'ice-cream-sales', version, digest, fingerprint }
    const said = (line: string) => {
      t.diagnostic(line)
      log(line)
    }
    return deploy({ ...project.options(model, commit, { bundle: async () => bundle, log: said }), image })
  }

  assert.equal((await release(1)).outcome, 'promoted')
  const { key } = await apiKeyOf(state)
  await using traffic = clients(ports.production, 4, { key, record: exampleRecord })
  const second = await release(2)
  assert.equal(second.outcome, 'promoted', second.reason)
  const third = await release(3, (line) => {
    if (line.startsWith('canary at')) void killCanary(state)
  })
  assert.equal(third.outcome, 'rolled back')
  assert.match(third.reason, /^errors: /)
  assert.ok(third.held?.image?.startsWith('localhost/sales@sha256:'))
  assert.deepEqual([traffic.seen.failed, [...traffic.seen.failures]], [0, []])
  assert.ok((traffic.seen.digests.get(second.digest) ?? 0) > 0)

  const [production] = await status(root)
  assert.deepEqual(
    production?.members.map(({ arm, ready, digest }) => [arm, ready, digest]),
    [['stable', true, second.digest]],
  )
  const [left, ...more] = await containersOf(state)
  assert.deepEqual(more, [])
  const [told] = JSON.parse(await containers.podman('inspect', left?.id ?? ''))
  assert.equal(told.HostConfig.ReadonlyRootfs, true)
  assert.equal(told.HostConfig.Memory, 512 * 2 ** 20)
  assert.equal(told.HostConfig.RestartPolicy.Name, 'unless-stopped')
  assert.deepEqual(told.EffectiveCaps ?? [], [])
  const audited = await readFile(join(state, 'audit-salt'), 'utf8')
  assert.match(audited, /^[0-9a-f]{64}\n$/)
  await stop(root, 'production')
  assert.deepEqual(await containersOf(state), [])
})

/** For good: with its restart policy it would be there again before the verdict. */
async function killCanary(state: string): Promise<void> {
  const { canary } = await readJournal(state)
  for (const { id } of canary ? await containersOf(state, canary.id) : [])
    await execa('docker', ['stop', '--time', '0', id], { reject: false })
}
