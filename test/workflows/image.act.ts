import assert from 'node:assert/strict'
import { test } from 'node:test'
import { smallModel } from '../../pipeline/demo/changes.ts'
import { base, missing, scratchContainers } from '../release/image/containers.ts'
import { startRegistry } from '../release/image/registry-process.ts'
import { createProject, ends, failures, land, propose, release } from './project.ts'

const skip = (await missing()) ?? false

test('the image that staging builds is pushed, attested, recorded by digest, and asked for its attestation before production', {
  skip,
}, async () => {
  await using containers = await scratchContainers()
  await using registry = await startRegistry(containers.dir)
  const { CONTAINERS_CONF = '', CONTAINERS_STORAGE_CONF = '' } = process.env
  await using world = await createProject({
    variables: { IMAGE_REGISTRY: registry.at, IMAGE_BASE: base, REQUIRE_ATTESTATION: 'true' },
    machine: { CONTAINERS_CONF, CONTAINERS_STORAGE_CONF },
  })
  const { state } = world.github
  const first = await propose(world, { branch: 'small', title: 'A first, small model', changes: smallModel })
  const { runs, commit } = await land(world, first.pull)
  assert.deepEqual(ends(runs), ['staging.yml: success'], failures(runs))
  const { model, image } = runs['staging.yml']?.jobs ?? {}
  const reference = image?.outputs['reference'] ?? ''
  const [name, digest = ''] = reference.split('@')
  assert.equal(name, `${registry.at}/acme/ice-cream`)

  const manifest = await fetch(`http://${registry.at}/v2/acme/ice-cream/manifests/${digest}`, {
    headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' },
  })
  assert.equal(manifest.headers.get('docker-content-digest'), digest)
  await world.user.git('fetch', '--quiet', 'origin')
  const recorded = await world.user.git('show', 'origin/releases:environments/staging/release.yaml')
  assert.match(recorded, new RegExp(`^image: ${reference}$`, 'm'))
  assert.match(recorded, new RegExp(`^commit: ${commit}$`, 'm'))
  const attested = state.attestations.map(({ subject }) => subject)
  assert.deepEqual(new Set(attested), new Set([model?.outputs['digest'], digest]))
  assert.equal(attested.length, 3, 'the model, the image, and what the image holds')

  const readme = [{ file: 'README.md', from: '# Mergeline', to: '# Ice cream' }]
  const words = await propose(world, { branch: 'words', title: 'Our own name', changes: readme })
  const again = await land(world, words.pull)
  assert.deepEqual(ends(again.runs), ['staging.yml: success'], failures(again.runs))
  assert.equal(again.runs['staging.yml']?.jobs['image']?.outputs['reference'], reference)
  assert.match(again.runs['staging.yml']?.jobs['image']?.log ?? '', /image: reused/)

  const tagged = await release(world, 'v1.0.0')
  assert.deepEqual(ends(tagged), ['production.yml: success'], failures(tagged))
  assert.match(
    tagged['production.yml']?.jobs['plan']?.log ?? '',
    new RegExp(`attestation: ${reference} was made by staging.yml`),
  )
  assert.deepEqual(state.violations, [])

  const own = (subject?: string) => state.attestations.filter((attestation) => attestation.subject === subject)
  assert.match(tagged['production.yml']?.jobs['plan']?.log ?? '', /attestation: the model was made by staging.yml/)
  for (const lost of own(model?.outputs['digest'])) state.attestations.splice(state.attestations.indexOf(lost), 1)
  const unattested = await release(world, 'v1.0.1')
  assert.deepEqual(ends(unattested), ['production.yml: failure'])
  assert.match(
    unattested['production.yml']?.jobs['plan']?.log ?? '',
    /no attestation says that the model was made by staging.yml/,
  )
  assert.equal(unattested['production.yml']?.jobs['approve']?.conclusion, 'skipped')
})
