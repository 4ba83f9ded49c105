// A whole rollout on the real server, the real gateway and real bundles.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { exampleRecord, untrainedBundle } from '../../bench/bundle.ts'
import { deploy } from '../../pipeline/release/deploy.ts'
import type { ReleasedModel } from '../../pipeline/release/release.ts'
import { apiKeyOf } from '../../pipeline/release/targets/api-key.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { verifyBundle } from '../../pipeline/tracking/manifest.ts'
import { clients, makeProject } from './project.ts'

test('real servers: a model replaced without a failed request, a wrong one caught by its predictions, a broken one by its golden records', async (t) => {
  await using project = await makeProject({ standIn: false })
  const { root, dir, ports } = project
  const commit = await project.commit()
  const release = async (version: number, golden: number, shift: number) => {
    const bundle = join(dir, `real-${version}`)
    await untrainedBundle(bundle, { change: (one) => ({ ...one, prediction: one.prediction + golden }) })
    await shiftProfile(bundle, shift)
    const { digest } = await verifyBundle(bundle)
    const model: ReleasedModel = { name: 'ice-cream-sales', version, digest, fingerprint: digest }
    return deploy(project.options(model, commit, { bundle: async () => bundle, log: (line) => t.diagnostic(line) }))
  }
  assert.equal((await release(1, 0, 0)).outcome, 'promoted')
  const { key } = await apiKeyOf(stateDir(root, 'production'))
  await using traffic = clients(ports.production, 4, { key, record: exampleRecord })
  const second = await release(2, 0, -0.01)
  assert.equal(second.outcome, 'promoted')
  const shifted = await release(3, 0, 50)
  assert.match(shifted.reason, /^predictions shifted/)
  assert.ok(shifted.canaryRequests < 100)
  const broken = await release(4, 9, 0)
  assert.match(
    broken.reason,
    /^the server ended before it was ready: serve: bundle .*: golden record 1 of 1 should be predicted as 9/,
  )
  assert.equal((await project.processes()).length, 2)
  assert.deepEqual([traffic.seen.failed, [...traffic.seen.failures]], [0, []])
  assert.ok((traffic.seen.digests.get(second.digest) ?? 0) > 0)
})

/** Moves the reference predictions, as if the model had been trained on records in other units than those it is asked. */
async function shiftProfile(bundle: string, by: number): Promise<void> {
  const [profile, manifest] = [join(bundle, 'profile.json'), join(bundle, 'manifest.json')]
  const value = JSON.parse(await readFile(profile, 'utf8'))
  value.quantiles = value.quantiles.map((edge: number) => edge + by)
  const text = JSON.stringify(value)
  await writeFile(profile, text)
  const listed = JSON.parse(await readFile(manifest, 'utf8'))
  listed.files['profile.json'] = { sha256: createHash('sha256').update(text).digest('hex'), bytes: text.length }
  await writeFile(manifest, JSON.stringify(listed))
}
