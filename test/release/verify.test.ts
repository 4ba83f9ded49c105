// Who is wrong, by what each party says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare, type Said } from '../../pipeline/release/verify.ts'
import { releaseOf } from './repository.ts'

const commit = 'c'.repeat(40)
const [one, two] = [releaseOf('a', commit, 1), releaseOf('b', commit, 2)]
const fine: Said = {
  environment: 'production',
  git: { promoted: one, file: one, open: false, offMain: null, stale: null },
  registry: { alias: { version: 1, digest: one.model.digest }, version: 1, pending: false },
  bundle: { digest: one.model.digest },
  servers: [{ arm: 'stable', release: one, pid: 7, digest: one.model.digest }],
  gateway: { digest: one.model.digest, weight: 0 },
}

test('where all say the same nobody is wrong', () => {
  assert.deepEqual(compare(fine), { wrong: [], notes: [] })
  const trial: Said = {
    ...fine,
    git: { ...fine.git, file: two, open: true },
    servers: [...fine.servers, { arm: 'canary', release: two, pid: 8, digest: two.model.digest }],
    gateway: { digest: two.model.digest, weight: 0.1 },
  }
  assert.deepEqual(compare(trial).wrong, [])
  const nothing = {
    ...fine,
    git: { ...fine.git, promoted: null, file: null },
    servers: [],
    gateway: null,
    bundle: null,
  }
  assert.deepEqual(compare(nothing), { wrong: [], notes: ['nothing was promoted yet'] })
})

const other = two.model.digest
const cases: { [what: string]: [change: Partial<Said>, who: string, what: RegExp] } = {
  'a server that serves another model': [
    { servers: [{ arm: 'stable', release: one, pid: 7, digest: other }] },
    'server',
    /stable \(pid 7\) serves sha256:bbbbbbbbbbbb, not sha256:aaaaaaaaaaaa/,
  ],
  'a server that does not answer': [
    { servers: [{ arm: 'stable', release: one, pid: null, digest: null }] },
    'server',
    /does not answer/,
  ],
  'a server where nothing was promoted': [
    { git: { ...fine.git, promoted: null, file: null } },
    'server',
    /Git promoted nothing/,
  ],
  'a gateway that sends clients elsewhere': [
    { gateway: { digest: other, weight: 0 } },
    'gateway',
    /answered by sha256:bb/,
  ],
  'an alias that points elsewhere': [
    { registry: { alias: { version: 2, digest: other }, version: 1, pending: false } },
    'registry',
    /its alias production points at v2 \(sha256:bbbbbbbbbbbb\), and ice-cream-sales v1/,
  ],
  'an alias that is gone': [{ registry: { alias: null, version: 1, pending: false } }, 'registry', /points at nothing/],
  'a digest under another version': [
    { registry: { alias: { version: 1, digest: one.model.digest }, version: 5, pending: false } },
    'registry',
    /has sha256:aaaaaaaaaaaa as v5, and Git as v1/,
  ],
  'a version that is gone': [
    { registry: { alias: { version: 1, digest: one.model.digest }, version: null, pending: false } },
    'registry',
    /has no version with the digest/,
  ],
  'a bundle whose bytes changed': [
    { bundle: { digest: other } },
    'bundle',
    /kept as sha256:aaaaaaaaaaaa .* is sha256:bb/,
  ],
  'a bundle that is broken': [{ bundle: { broken: 'weights.bin is 3 bytes' } }, 'bundle', /weights.bin is 3 bytes/],
  'a release.yaml that was written by hand': [
    { git: { ...fine.git, file: two } },
    'git',
    /release.yaml names .* v2 .*, and what was promoted is .* v1/,
  ],
  'a commit that main never had': [
    { git: { ...fine.git, offMain: 'commit cccc is not in the history of main' } },
    'git',
    /not in the history/,
  ],
}
for (const [name, [change, who, what]] of Object.entries(cases))
  test(`${name} is wrong, and nobody else`, () => {
    const { wrong } = compare({ ...fine, ...change })
    assert.deepEqual(
      wrong.map((each) => each.who),
      [who],
    )
    assert.match(wrong[0]?.what ?? '', what)
    assert.notEqual(wrong[0]?.cure, '')
  })

test('what could not be asked is said, and nobody is accused', () => {
  const { wrong, notes } = compare({
    ...fine,
    git: { ...fine.git, stale: 'could not resolve host' },
    registry: { alias: null, version: null, pending: true },
    bundle: null,
    servers: [{ arm: 'stable', release: one, pid: null, digest: null }],
    gateway: null,
  })
  assert.deepEqual(wrong, [])
  assert.equal(notes.length, 4)
})
