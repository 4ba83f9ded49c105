// What the ledger tells of an environment's past, with real git.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promoteRelease, revertRelease } from '../../pipeline/release/decided.ts'
import { at, timelineOf } from '../../pipeline/release/timeline.ts'
import { makeRepository, recordRelease, releaseOf } from './repository.ts'

const here = join(import.meta.dirname, '..', '..')
// Git's times are whole seconds.
const tick = () => sleep(1100)

test('spans and attempts: who ran when, why it left, and who was back in its place', async () => {
  await using repository = await makeRepository({ origin: true })
  const { root, commit } = repository
  const [one, two, bad] = [releaseOf('a', commit), releaseOf('b', commit, 2), releaseOf('c', commit, 3)]
  const before = new Date()
  assert.deepEqual(await timelineOf(root, 'production'), { environment: 'production', spans: [], attempts: [] })
  await tick()

  const first = await recordRelease(root, 'production', one)
  await promoteRelease(root, 'production', first)
  await tick()
  const trial = await recordRelease(root, 'production', bad)
  const during = new Date()
  await tick()
  const errors = { why: 'errors: 9 of 20 canary requests', lines: ['Evidence: …'] }
  const since = new Date().toISOString()
  await revertRelease(root, 'production', trial, { back: one, hold: true, evidence: errors, since })
  const second = await recordRelease(root, 'production', two)
  await promoteRelease(root, 'production', second, [], { why: 'on a word', lines: [], by: 'Ada Example' })
  await tick()
  const late = new Date()
  await tick()
  const slow = { why: 'Ada: customers call', lines: [] }
  await revertRelease(root, 'production', second, { back: one, hold: true, evidence: slow, since })
  await recordRelease(root, 'staging', two)

  const timeline = await timelineOf(root, 'production')
  assert.deepEqual(
    timeline.spans.map(({ release, came, left, overriddenBy }) => [release.model.version, came, left, overriddenBy]),
    [
      [1, 'promoted', 'ice-cream-sales v2 (sha256:bbbbbbbbbbbb) took its place', null],
      [2, 'promoted', 'taken back: Ada: customers call', 'Ada Example'],
      [1, 'back in its place', null, null],
    ],
  )
  assert.deepEqual(
    timeline.attempts.map(({ release, end }) => [release.model.version, end]),
    [[3, 'taken back: errors: 9 of 20 canary requests']],
  )
  assert.equal(at(timeline, before).span, null)
  const then = at(timeline, during)
  assert.deepEqual([then.span?.release.model.version, then.attempts[0]?.release.model.version], [1, 3])
  assert.equal(at(timeline, late).span?.release.model.version, 2)
  assert.equal(at(timeline, new Date(Date.now() + 1e6)).span?.came, 'back in its place')
  assert.deepEqual(
    (await timelineOf(root, 'staging')).attempts.map(({ end }) => end),
    [null],
  )

  await mkdir(join(root, 'environments'))
  for (const part of ['pipeline', 'package.json', 'environments'])
    await cp(join(here, part), join(root, part), { recursive: true })
  await symlink(join(here, 'node_modules'), join(root, 'node_modules'))
  const cli = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'pipeline/cli.ts'), 'history', ...args], { cwd: root, encoding: 'utf8' })
  const told = cli('--environment', 'production', '--at', late.toISOString())
  assert.equal(told.status, 0, told.stderr)
  assert.match(told.stdout, /v2 .*, promoted on the word of Ada Example\n +until \S+: taken back: Ada: customers call/)
  assert.match(cli().stdout, /production\n {2}\S+ {2}ice-cream-sales v1 .*, back in its place\n +runs now/)
  const json = JSON.parse(cli('--environment', 'production', '--at', during.toISOString(), '--json').stdout)
  assert.equal(json[0].span.release.model.version, 1)
  for (const [args, why] of [
    [['--at', 'yesterday'], /--at must be a time/],
    [['--environment', 'moon'], /there is no environment "moon"; known: production, staging/],
  ] as const) {
    const wrong = cli(...args)
    assert.equal(wrong.status, 2)
    assert.match(wrong.stderr, why)
  }
})
