import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeDeploy, describeStatus } from '../../pipeline/cli/describe.ts'
import { releaseOf } from '../release/repository.ts'

const paint = (_: unknown, text: string) => text
const commit = 'c'.repeat(40)
const { version: _, ...unversioned } = releaseOf('b', commit).model
const release = { ...releaseOf('b', commit), model: unversioned, rehearsal: true }

test('a release that was overtaken where nothing runs is told without an address, and what to do next', async () => {
  const told = await describeDeploy(
    {
      outcome: 'superseded',
      reason: 'dddddddddddd was asked for after it (github-2)',
      environment: 'production',
      release,
      digest: release.model.digest,
      supersedeCommit: 'e'.repeat(40),
      canaryRequests: 0,
      gatewayUrl: 'http://127.0.0.1:1',
    },
    '/nowhere',
    paint,
  )
  assert.equal(
    told,
    [
      'deploy: superseded in production (rehearsal): dddddddddddd was asked for after it (github-2)',
      'model       ice-cream-sales (sha256:bbbbbbbbbbbb)',
      'superseded  eeeeeeeeeeee on the branch releases',
      '',
      'Next: npm run status',
    ].join('\n'),
  )
  const nothing = await describeDeploy({ nothing: 'production: nothing is open' }, '/nowhere', paint)
  assert.equal(nothing, 'deploy: nothing to carry on: production: nothing is open')
})

test('status shows who rolls out, and what was asked for and not begun', () => {
  const told = describeStatus([
    {
      environment: 'production',
      release,
      held: [],
      members: [],
      gateway: null,
      weight: 0,
      rollout: null,
      open: { releaseCommit: 'd'.repeat(40), holder: 'github:12:1', since: '2026-11-21T02:00:00Z' },
      requests: [{ id: 'github-13', commit, at: '2026-11-21T02:05:00Z' }],
      pendingReverts: [],
    },
  ])
  assert.equal(
    told,
    [
      'production',
      '  should    ice-cream-sales (sha256:bbbbbbbbbbbb), a rehearsal',
      '  gateway   not running',
      '  open      dddddddddddd on the branch releases, by github:12:1 since 2026-11-21T02:00:00Z',
      '  asked     cccccccccccc at 2026-11-21T02:05:00Z (github-13)',
    ].join('\n'),
  )
})
