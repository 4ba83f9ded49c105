// A holder that is killed, and who comes after it from another machine.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deploy } from '../../pipeline/release/deploy.ts'
import { history } from '../../pipeline/release/history.ts'
import { openJournal } from '../../pipeline/release/journal.ts'
import { promotedRelease } from '../../pipeline/release/record.ts'
import { requestRelease } from '../../pipeline/release/request.ts'
import { resumeRelease } from '../../pipeline/release/resume.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { assertOneRollout, ledgerLog, outcomesOf } from './ledger-log.ts'
import { makeProject } from './project.ts'
import { makeRunners } from './runners.ts'

test('a holder killed in its trial is carried on from another clone, by the same release; a third finds nothing to do', async () => {
  await using runners = await makeRunners({ canary: { min_requests: 60, steps: [30] } })
  const { root, bare } = runners
  const commit = await runners.commit()
  const first = runners.start(await runners.clone('one', commit), { commit, model: await runners.model(1) })
  assert.equal((await first.result()).outcome, 'promoted')

  await requestRelease(root, 'production', { commit, id: 'r2', by: 'ada' })
  const endless = await runners.clone('two', commit, 100_000)
  const killed = runners.start(endless, { commit, model: await runners.model(2), request: 'r2' })
  await killed.says(/^canary at 30 %/m)
  const other = await runners.clone('three', commit)
  const early = await runners.start(other, { resume: true }).result()
  assert.match(early.nothing ?? '', /^production: \S+:\d+:\d+ rolls out ice-cream-sales v2 .* since /)
  killed.kill()
  await killed.ended

  const carried = await runners.start(other, { resume: true }).result()
  assert.equal(carried.outcome, 'promoted', carried.reason)
  assert.ok((carried.clients?.requests ?? 0) > 60)
  const entries = await history(root, 'production')
  assert.deepEqual(entries.map(({ kind }) => kind).reverse(), [
    'release',
    'promote',
    'request',
    'release',
    'resume',
    'promote',
  ])
  assert.equal(entries[0]?.promotes, carried.releaseCommit)
  assert.equal((await promotedRelease(root, 'production'))?.model.version, 2)
  const again = await runners.start(await runners.clone('four', commit), { resume: true }).result()
  assert.equal(again.nothing, 'production: nothing is open')
  const log = await ledgerLog(bare)
  assertOneRollout(log)
  assert.deepEqual(outcomesOf(log, 'r2'), ['promoted'])
})

test('a holder killed, and a newer release asked for: the newer one overtakes it on the record, and its own machine withdraws it when it is back', async () => {
  await using runners = await makeRunners({ canary: { min_requests: 100_000, steps: [30] } })
  const { root, bare } = runners
  const commit = await runners.commit()
  const first = await runners.clone('one', commit)
  assert.equal((await runners.start(first, { commit, model: await runners.model(1) }).result()).outcome, 'promoted')
  await requestRelease(root, 'production', { commit, id: 'r2', by: 'ada' })
  const model = await runners.model(2)
  const killed = runners.start(first, { commit, model, request: 'r2' })
  await killed.says(/^canary at 30 %/m)
  killed.kill()
  await killed.ended

  await requestRelease(root, 'production', { commit, id: 'r3', by: 'ada' })
  const bad = await runners.model(3, { errors: 1 })
  const newer = runners.start(await runners.clone('two', commit), { commit, model: bad, request: 'r3' })
  assert.equal((await newer.result()).outcome, 'rolled back')
  const rerun = await runners.start(first, { commit, model, request: 'r2' }).result()
  assert.deepEqual([rerun.outcome, rerun.reason], ['superseded', `${commit.slice(0, 12)} was asked for after it (r3)`])
  const log = await ledgerLog(bare)
  assertOneRollout(log)
  assert.deepEqual([outcomesOf(log, 'r2'), outcomesOf(log, 'r3')], [['superseded'], ['rolled back']])
  assert.equal((await promotedRelease(root, 'production'))?.model.version, 1)
  const { status } = await import('../../pipeline/release/status.ts')
  const [production] = await status(first)
  assert.deepEqual(
    production?.members.map(({ arm, release }) => [arm, release.model.version]),
    [['stable', 1]],
  )
  assert.deepEqual([production?.open, production?.requests, production?.release?.model.version], [null, [], 1])
})

test('with nothing open, what a command that was killed late left to tell is told', async () => {
  await using project = await makeProject({ canary: { steps: [] } })
  const aliases: string[] = []
  const registry = { setAlias: async (alias: string, version: number) => void aliases.push(`${alias}=${version}`) }
  const { commit, model, ...site } = project.options(await project.model(1), await project.commit(), { registry })
  await deploy({ ...site, commit, ...(model ? { model } : {}) })
  const journal = await openJournal(stateDir(project.root, 'production'))
  await journal.write({ pendingAliases: { production: 1 } })
  aliases.length = 0
  assert.deepEqual(await resumeRelease(site), { nothing: 'production: nothing is open' })
  assert.deepEqual(aliases, ['production=1'])
  assert.deepEqual((await openJournal(stateDir(project.root, 'production'))).now.pendingAliases, {})
})
