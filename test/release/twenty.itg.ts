// Twenty releases asked for within seconds and two merges at once, each on a runner of its own.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { git } from '../../pipeline/release/git.ts'
import { promotedRelease, readRelease } from '../../pipeline/release/record.ts'
import { requestRelease } from '../../pipeline/release/request.ts'
import { assertOneRollout, ledgerLog, outcomesOf } from './ledger-log.ts'
import { makeRunners } from './runners.ts'

const count = 20

test(`${count} releases asked for one by one within seconds, two merges at once: each has one recorded outcome, one rolls out at a time, the last one runs`, async (t) => {
  await using runners = await makeRunners({ canary: { min_requests: 60, steps: [30] } })
  const { root, bare } = runners
  const commit = await runners.commit()
  const merges = [await runners.change('first merge'), await runners.change('second merge')]
  await git(root, ['push', '--quiet', 'origin', 'main'])
  const paths = await Promise.all(
    Array.from({ length: count }, (_, index) => runners.clone(`tag-${index + 1}`, commit)),
  )
  const mergePaths = await Promise.all(merges.map((merged, index) => runners.clone(`merge-${index}`, merged)))
  const approving = await runners.clone('approving', commit)
  const before = runners.start(await runners.clone('before', commit), { commit, model: await runners.model(100) })
  assert.equal((await before.result()).outcome, 'promoted')

  const started = performance.now()
  const begin: (() => ReturnType<typeof runners.start>)[] = []
  const tags = new Map<number, ReturnType<typeof runners.start>>()
  for (const [index, path] of paths.entries()) {
    const id = `r${index + 1}`
    await requestRelease(approving, 'production', { commit, id, by: 'ada' })
    // The first is a bad one; the others come while it is on trial.
    const model = await runners.model(index + 1, index === 0 ? { errors: 1 } : {})
    const start = () => runners.start(path, { commit, model, request: id })
    begin.push(start)
    // Some runners are quick and see newer requests come, the others begin when all are there: this machine has not as many processors as GitHub has runners.
    if (index % 5 === 0) tags.set(index, start())
    if (index === 0) await tags.get(0)?.says(/^starting /m)
  }
  const asked = performance.now()
  const staging = await Promise.all(
    mergePaths.map(async (path, index) => {
      const [model, merged] = [await runners.model(200 + index), merges[index]]
      return runners.start(path, { environment: 'staging', commit: merged, model, order: 'history' })
    }),
  )
  const results = await Promise.all(begin.map((start, index) => (tags.get(index) ?? start()).result()))
  const staged = await Promise.all(staging.map((deploy) => deploy.result()))
  t.diagnostic(
    `asked within ${Math.round((asked - started) / 100) / 10} s, all done after ${Math.round((performance.now() - started) / 1000)} s`,
  )

  const entries = await ledgerLog(bare)
  const outcomes = results.map((_, index) => outcomesOf(entries, `r${index + 1}`))
  t.diagnostic(outcomes.map((outcome) => outcome.join(' and ')).join(', '))
  for (const [index, result] of results.entries())
    assert.deepEqual(outcomes[index], [result.outcome], `r${index + 1}: ${result.reason}`)
  assert.deepEqual([outcomes[0], outcomes.at(-1)], [['rolled back'], ['promoted']])
  assertOneRollout(entries)

  const last = results.at(-1)
  assert.equal((await readRelease(root, 'production')).release?.model.digest, last?.digest)
  assert.equal((await promotedRelease(root, 'production'))?.model.digest, last?.digest)
  assert.deepEqual(
    (await readRelease(root, 'production')).held.map(({ model }) => model),
    [results[0]?.digest],
  )

  const [first, second] = staged
  assert.equal(second?.outcome, 'promoted')
  assert.ok(first?.outcome === 'promoted' || first?.outcome === 'superseded', first?.outcome)
  assert.equal((await readRelease(root, 'staging')).release?.commit, merges[1])
  for (const { releaseCommit, supersedeCommit } of staged)
    assert.ok(entries.some(({ commit: entry }) => entry === (supersedeCommit ?? releaseCommit)))

  // Every tip that origin ever had is still in its history, one on the other.
  const tips = (await git(bare, ['reflog', 'show', '--format=%H', 'releases'])).split('\n')
  assert.deepEqual(tips, (await git(bare, ['rev-list', '--first-parent', 'releases'])).split('\n'))
  assert.equal(await git(join(bare), ['rev-list', '--count', '--merges', 'releases']), '0')
  for (const { clients } of results) assert.equal(clients?.failed ?? 0, 0)
})
