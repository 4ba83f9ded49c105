import assert from 'node:assert/strict'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { InputError, RefusedError } from '../../pipeline/errors.ts'
import { promoteRelease, revertRelease } from '../../pipeline/release/decided.ts'
import { git } from '../../pipeline/release/git.ts'
import { history } from '../../pipeline/release/history.ts'
import { openJournal } from '../../pipeline/release/journal.ts'
import { lift } from '../../pipeline/release/lift.ts'
import { evidenceIn } from '../../pipeline/release/message.ts'
import { promotedRelease, readRelease, stagingReleaseOf } from '../../pipeline/release/record.ts'
import { writePromotions } from '../../pipeline/release/settle.ts'
import { identify, makeRepository, recordRelease, releaseOf } from './repository.ts'

const evidence = {
  why: 'predictions shifted',
  lines: ['canary 120, stable 1,080 requests', 'Mergeline-Entry: release'],
}
const since = '2026-11-21T02:00:00.000Z'

for (const origin of [false, true])
  test(`release, roll back, hold, lift ${origin ? 'with' : 'without'} an origin, the user's work left alone`, async () => {
    await using repository = await makeRepository({ origin })
    const { root, commit } = repository
    await writeFile(join(root, 'README.md'), 'being written\n')
    await writeFile(join(root, 'staged.txt'), 'staged\n')
    await git(root, ['add', 'staged.txt'])
    const before = await git(root, ['status', '--porcelain=v2', '--branch'])

    const [good, bad] = [releaseOf('a', commit), releaseOf('b', commit, 2)]
    const first = await recordRelease(root, 'production', good)
    assert.equal(await recordRelease(root, 'production', good), first)
    const second = await recordRelease(root, 'production', bad)
    const revert = await revertRelease(root, 'production', second, { back: good, hold: true, evidence, since })
    assert.equal(await revertRelease(root, 'production', second, { back: good, hold: true, evidence, since }), revert)
    assert.deepEqual(await readRelease(root, 'production'), {
      release: good,
      held: [{ model: bad.model.digest, since, why: evidence.why }],
    })
    await assert.rejects(
      recordRelease(root, 'production', bad),
      (error) =>
        error instanceof RefusedError &&
        /on hold since 2026-11-21.*predictions shifted\n.*npm run lift -- --environment production --digest sha256:bbbb/.test(
          error.message,
        ),
    )
    const { commit: lifted } = await lift(root, 'production', { digest: 'bbb', by: 'Ada', why: 'the meter was wrong' })
    await recordRelease(root, 'production', bad)

    const entries = await history(root, 'production')
    assert.deepEqual(entries.map(({ kind, subject }) => `${kind} | ${subject}`).reverse(), [
      'release | production: ice-cream-sales v1 (sha256:aaaaaaaaaaaa)',
      'release | production: ice-cream-sales v2 (sha256:bbbbbbbbbbbb)',
      'revert | production: roll back to ice-cream-sales v1 (sha256:aaaaaaaaaaaa)',
      'lift | production: lift the hold on sha256:bbbbbbbbbbbb',
      'release | production: ice-cream-sales v2 (sha256:bbbbbbbbbbbb)',
    ])
    assert.equal(entries[2]?.reverts, second)
    assert.match(
      await git(root, ['log', '-1', '--format=%B', revert]),
      /Why: predictions shifted\n\ncanary 120, stable 1,080 requests\n/,
    )
    assert.match(await git(root, ['log', '-1', '--format=%B', lifted]), /Lifted by: Ada\nWhy: the meter was wrong/)
    assert.equal(await git(root, ['status', '--porcelain=v2', '--branch']), before)
    const ref = origin ? 'refs/remotes/origin/releases' : 'refs/heads/releases'
    assert.equal(
      await git(root, ['ls-tree', '-r', '--name-only', ref]),
      'environments/production/environment.yaml\nenvironments/production/release.yaml',
    )
  })

test('who loses the race for the push plans again: no entry is lost, and a hold that came in between is seen', async () => {
  await using repository = await makeRepository({ origin: true })
  const { root, dir, commit } = repository
  const other = join(dir, 'other')
  await git(dir, ['clone', '--quiet', join(dir, 'origin.git'), other])
  await identify(other)
  await Promise.all([
    recordRelease(root, 'staging', releaseOf('a', commit)),
    recordRelease(other, 'production', releaseOf('b', commit)),
    recordRelease(root, 'test', releaseOf('c', commit)),
  ])
  assert.deepEqual((await history(root)).map((entry) => entry.environment).sort(), ['production', 'staging', 'test'])
})

test('a release that somebody recorded meanwhile stays when an older one is taken back', async () => {
  await using repository = await makeRepository()
  const { root, commit } = repository
  const first = await recordRelease(root, 'production', releaseOf('a', commit))
  await recordRelease(root, 'production', releaseOf('b', commit))
  await revertRelease(root, 'production', first, { back: null, hold: true, evidence, since })
  const now = await readRelease(root, 'production')
  assert.equal(now.release?.model.digest, releaseOf('b', commit).model.digest)
  assert.equal(now.held[0]?.model, releaseOf('a', commit).model.digest)
})

test('the only release taken back leaves nothing to run, and can be released again after a lift', async () => {
  await using repository = await makeRepository()
  const { root, commit } = repository
  const only = await recordRelease(root, 'staging', releaseOf('a', commit))
  await promoteRelease(root, 'staging', only)
  assert.equal((await stagingReleaseOf(root, commit))?.releaseCommit, only)
  await revertRelease(root, 'staging', only, { back: null, hold: true, evidence, since })
  assert.equal((await readRelease(root, 'staging')).release, null)
  assert.equal(await stagingReleaseOf(root, commit), null)
})

test('recorded is not promoted: only what was promoted, and not taken back, counts as having run', async () => {
  await using repository = await makeRepository({ origin: true })
  const { root, commit } = repository
  const [good, bad] = [releaseOf('a', commit), releaseOf('b', commit, 2)]
  const first = await recordRelease(root, 'staging', good)
  assert.deepEqual([await promotedRelease(root, 'staging'), await stagingReleaseOf(root, commit)], [null, null])
  const promoted = await promoteRelease(root, 'staging', first)
  assert.equal(await promoteRelease(root, 'staging', first), promoted)
  assert.deepEqual(await promotedRelease(root, 'staging'), good)
  assert.deepEqual(await stagingReleaseOf(root, commit), { release: good, releaseCommit: first })

  const second = await recordRelease(root, 'staging', bad)
  assert.deepEqual(await promotedRelease(root, 'staging'), good)
  await promoteRelease(root, 'staging', second)
  assert.deepEqual(await promotedRelease(root, 'staging'), bad)
  await revertRelease(root, 'staging', second, { back: good, hold: true, evidence, since })
  assert.deepEqual(await promotedRelease(root, 'staging'), good)
  assert.equal(await promotedRelease(root, 'production'), null)

  const entries = await history(root, 'staging')
  assert.deepEqual(entries.map(({ kind }) => kind).reverse(), ['release', 'promote', 'release', 'promote', 'revert'])
  assert.equal(entries.at(-2)?.subject, 'staging: promoted ice-cream-sales v1 (sha256:aaaaaaaaaaaa)')
  assert.equal(entries.at(-2)?.promotes, first)
  assert.equal(await git(root, ['diff', '--name-only', `${promoted}^`, promoted]), '')
})

test('an origin that cannot be reached: what it said last can be read, nothing can be recorded', async () => {
  await using repository = await makeRepository({ origin: true })
  const { root, dir, commit } = repository
  await recordRelease(root, 'production', releaseOf('a', commit))
  await rename(join(dir, 'origin.git'), join(dir, 'gone.git'))
  const read = await readRelease(root, 'production')
  assert.equal(read.release?.model.version, 1)
  assert.match(read.stale ?? '', /does not appear to be a git repository/)
  await assert.rejects(
    recordRelease(root, 'production', releaseOf('b', commit)),
    /branch releases of origin cannot be read/,
  )
})

test('a promotion that Git cannot hear of stays in the journal, and is written once, with its evidence', async () => {
  await using repository = await makeRepository({ origin: true })
  const { root, dir, commit } = repository
  const releaseCommit = await recordRelease(root, 'production', releaseOf('a', commit))
  const journal = await openJournal(join(dir, 'state'))
  const passed = { why: 'every step passed', lines: ['Evidence: 600 requests to the canary', '  errors  E = 1'] }
  await journal.write({ pendingPromotions: [releaseCommit], passed: { [releaseCommit]: passed } })
  const lines: string[] = []
  const settling = { root, environment: 'production', journal, log: (line: string) => lines.push(line) }
  await rename(join(dir, 'origin.git'), join(dir, 'gone.git'))
  await writePromotions(settling, 1)
  assert.deepEqual(journal.now.pendingPromotions, [releaseCommit])
  assert.match(lines.join(), /^promoted, but Git does not know it yet \(.*the next deploy or status writes it$/s)
  await rename(join(dir, 'gone.git'), join(dir, 'origin.git'))
  for (let i = 0; i < 2; i++) await writePromotions(settling, 1)
  assert.deepEqual([journal.now.pendingPromotions, journal.now.passed], [[], {}])
  const promoted = (await history(root)).filter(({ promotes }) => promotes === releaseCommit)
  assert.equal(promoted.length, 1)
  const message = await git(root, ['log', '-1', '--format=%B', promoted[0]?.commit ?? ''])
  assert.deepEqual(evidenceIn(message), passed)
})

test('no Git identity is one clear error, and nothing is written', async () => {
  await using repository = await makeRepository({ identity: false })
  const { root, commit } = repository
  // The machine may have an identity of its own: an empty one in the repository hides it.
  await git(root, ['config', 'user.name', ''])
  await git(root, ['config', 'user.email', ''])
  await assert.rejects(
    recordRelease(root, 'production', releaseOf('a', commit)),
    (error) => error instanceof InputError && /git has no identity .*git config user.name/.test(error.message),
  )
  assert.equal((await readRelease(root, 'production')).release, null)
})

test('lift of what is not on hold says what is', async () => {
  await using repository = await makeRepository()
  await assert.rejects(
    lift(repository.root, 'production', { digest: 'abc', by: 'Ada', why: 'x' }),
    /no model on hold in production begins with "abc"; on hold: none/,
  )
})

test('a ledger that forgets what it said is refused, also after a plain git fetch: holds must not vanish', async () => {
  await using repository = await makeRepository({ origin: true })
  const { root, dir, commit } = repository
  const first = await recordRelease(root, 'production', releaseOf('a', commit))
  const second = await recordRelease(root, 'production', releaseOf('b', commit, 2))
  const bare = join(dir, 'origin.git')

  await git(bare, ['update-ref', 'refs/heads/releases', first])
  await git(root, ['fetch', '--quiet', 'origin'])
  await assert.rejects(
    readRelease(root, 'production'),
    new RegExp(`another history.*${second}.*git update-ref -d refs/mergeline/releases`, 's'),
  )
  await git(bare, ['update-ref', '-d', 'refs/heads/releases'])
  await assert.rejects(recordRelease(root, 'production', releaseOf('c', commit, 3)), /has no branch releases any more/)

  await git(bare, ['update-ref', 'refs/heads/releases', second])
  assert.equal((await readRelease(root, 'production')).release?.model.version, 2)
})

test('a ledger that cannot be read is no empty one', async () => {
  await using repository = await makeRepository({ origin: true })
  const { root, dir, commit } = repository
  await rename(join(dir, 'origin.git'), join(dir, 'away.git'))
  await assert.rejects(promotedRelease(root, 'production'), /cannot be read .* nothing of it is known here/s)
  await assert.rejects(stagingReleaseOf(root, commit), /cannot be read/)
  await rename(join(dir, 'away.git'), join(dir, 'origin.git'))
  assert.equal(await promotedRelease(root, 'production'), null)
})

test('a folder where release.yaml should be is an error, not "no release"', async () => {
  await using repository = await makeRepository()
  const { root, commit } = repository
  const tip = await recordRelease(root, 'production', releaseOf('a', commit))
  const path = 'environments/production/release.yaml/x'
  const blob = await git(root, ['hash-object', '-w', '--stdin'], { input: 'x' })
  const index = join(root, '.git', 'test-index')
  await git(root, ['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], { index })
  const tree = await git(root, ['write-tree'], { index })
  const broken = await git(root, ['commit-tree', tree, '-p', tip, '-m', 'by hand'])
  await git(root, ['update-ref', 'refs/heads/releases', broken])
  await assert.rejects(
    readRelease(root, 'production'),
    /environments\/production\/release\.yaml on the branch releases .* is no file/,
  )
})
