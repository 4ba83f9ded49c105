import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliver } from './deliver.ts'
import { conclusions, press, smallWorld } from './small.ts'

const jobs = `
jobs:
  job:
    runs-on: ubuntu-24.04
    steps:
      - id: cache
        uses: actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae
        with: { path: "~/.kept\\nlocal", key: "k-\${{ vars.KEY }}", restore-keys: k- }
      - run: |
          echo "hit=\${{ steps.cache.outputs.cache-hit }} $(cat ~/.kept/file local 2>/dev/null | tr '\\n' ' ')"
          mkdir -p ~/.kept; echo "of $GITHUB_REF" >> ~/.kept/file; echo "\${{ vars.KEY }}" > local
      - run: test '\${{ vars.KEY }}' != bad
`
const said = (run: { jobs: { [job: string]: { log: string } } } | undefined) =>
  /^hit=.*$/m.exec(run?.jobs['job']?.log ?? '')?.[0]

test('a cache is found by its key, then by how the key begins; a job that fails keeps none', async () => {
  await using world = await smallWorld(jobs)
  const with_ = async (KEY: string) => press(world, { variables: { KEY } })
  assert.equal(said(await with_('bad')), 'hit= ')
  assert.equal(said(await with_('a')), 'hit= ')
  assert.equal(said(await with_('a')), 'hit=true of refs/heads/main a ')
  assert.equal(said(await with_('b')), 'hit=false of refs/heads/main a ')
  assert.equal(said(await with_('b')), 'hit=true of refs/heads/main of refs/heads/main b ')
})

test("a pull request reads main's caches and writes its own only", async () => {
  await using world = await smallWorld(jobs, { variables: { KEY: 'a' } })
  const { git } = world.user
  await git('switch', '--quiet', '-c', 'change')
  await git('commit', '--quiet', '--allow-empty', '-m', 'Change')
  await git('push', '--quiet', 'origin', 'change')
  world.delivered.count = world.github.state.events.length
  await world.github.openPull({ branch: 'change', title: 'Change' })
  const [first] = await deliver(world)
  assert.equal(said(first), 'hit= ')
  assert.equal(said(await press(world)), 'hit= ', 'what the pull request keeps, main never reads')
  await git('commit', '--quiet', '--allow-empty', '-m', 'More')
  await git('push', '--quiet', 'origin', 'change')
  const second = (await deliver(world)).find(({ event }) => event.name === 'pull_request')
  assert.equal(said(second), 'hit=true of refs/pull/1/merge a ')
})

test('an attestation needs the identity of the job, and says which workflow it is of', async () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const attest = (id: string, permissions: string) => `
  ${id}:
    runs-on: ubuntu-24.04
    permissions: { ${permissions} }
    steps:
      - uses: actions/attest@1e69f48acb82d1966a394da916b4c1698aa569d6
        with: { subject-name: ghcr.io/acme/x, subject-digest: '${digest}' }`
  const verify = (id: string, workflow: string) => `
  ${id}:
    needs: [may, no-identity, no-permission]
    if: always()
    runs-on: ubuntu-24.04
    permissions: { attestations: read }
    steps:
      - env: { GH_TOKEN: '\${{ github.token }}' }
        run: gh attestation verify oci://ghcr.io/acme/x@${digest} --repo acme/ice-cream --signer-workflow acme/ice-cream/.github/workflows/${workflow}`
  await using world = await smallWorld(
    `jobs:${attest('may', 'id-token: write, attestations: write')}${attest('no-identity', 'attestations: write')}${attest('no-permission', 'id-token: write')}${verify('right', 'small.yml')}${verify('wrong', 'other.yml')}`,
  )
  const run = await press(world)
  assert.deepEqual(conclusions(run), {
    may: 'success',
    'no-identity': 'failure',
    'no-permission': 'failure',
    right: 'success',
    wrong: 'failure',
  })
  assert.match(run.jobs['no-identity']?.annotations[0]?.message ?? '', /missing "id-token" permission/)
  assert.match(run.jobs['no-permission']?.annotations[0]?.message ?? '', /Failed to persist attestation: 403/)
  assert.deepEqual(
    world.github.state.attestations.map(({ subject }) => subject),
    [digest],
  )
})
