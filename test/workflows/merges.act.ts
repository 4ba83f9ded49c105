import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProject, ends, land, ledger, propose, proposeAll, type Runs, release } from './project.ts'
import {
  assertGreen,
  assertReused,
  assertShipped,
  epochsOf,
  logOf,
  outputsOf,
  releasedTo,
  reviewed,
  runOf,
} from './told.ts'
import { epochs, readme, tiny } from './trainings.ts'

test('squash, rebase and merge commits ship the very model that was reviewed, or are refused with the cure', async (t) => {
  await using world = await createProject()
  const { github, user } = world
  const production = (runs: Runs) => outputsOf(runs, 'production.yml', 'deploy', 'deploy')['outcome']
  const digests: { [name: string]: string } = {}

  await t.test('squash: the first model, and its release to production', async () => {
    const { pull, runs } = await propose(world, { branch: 'four', title: 'A first model', changes: tiny })
    assertGreen(runs, 'pull-request', 'report')
    const { digest = '' } = reviewed(runs)
    const merged = await land(world, pull, 'squash')
    assertReused(merged.runs, runOf(runs), digest)
    await assertShipped(world, 'staging', merged.commit, digest)
    const tagged = await release(world, 'v0.1.0')
    assertGreen(tagged, 'production')
    await assertShipped(world, 'production', merged.commit, digest)
  })

  await t.test('rebase: every commit is a new one on main, and the model the same', async () => {
    const commits = { before: [readme('Five.')], changes: [epochs(5)] }
    const { pull, runs } = await propose(world, { branch: 'five', title: 'Five epochs', ...commits })
    assertGreen(runs, 'pull-request', 'report')
    const { digest = '' } = reviewed(runs)
    assert.equal(reviewed(runs)['epochs'], '5')
    const merged = await land(world, pull, 'rebase')
    assert.notEqual(merged.commit, pull.headSha)
    assertReused(merged.runs, runOf(runs), digest)
    await assertShipped(world, 'staging', merged.commit, digest)
    digests['five'] = digest
  })

  const [six, docs] = await proposeAll(world, [
    { branch: 'six', title: 'Six epochs', changes: [epochs(6)] },
    { branch: 'docs', title: 'Say more', changes: [readme('More.')] },
  ])
  assert.ok(six && docs)
  assertGreen(six.runs, 'pull-request', 'report')
  digests['six'] = reviewed(six.runs)['digest'] ?? ''

  await t.test('a pull request that changes nothing that matters trains nothing', () => {
    assertGreen(docs.runs, 'pull-request', 'report')
    assert.equal(epochsOf(docs.runs), 0)
    assert.equal(reviewed(docs.runs)['digest'], digests['five'])
    const jobs = Object.values(docs.runs).flatMap(({ workflow, jobs }) =>
      Object.entries(jobs).map(([id, job]) => [`${workflow} / ${id}`, job.steps] as const),
    )
    for (const [job, steps] of jobs)
      for (const { name, ms } of steps) t.diagnostic(`${job} / ${name}: ${(ms / 1000).toFixed(1)} s`)
    const ours = jobs.flatMap(([, steps]) => steps.filter(({ name }) => name.startsWith('Run ./actions/')))
    t.diagnostic(`our steps: ${(ours.reduce((sum, { ms }) => sum + ms, 0) / 1000).toFixed(1)} s`)
  })

  await t.test('a merge that changes no model is recorded as unchanged, and so is its tag', async () => {
    const before = await release(world, 'v0.2.0')
    assertGreen(before, 'production')
    assert.equal(production(before), 'promoted')
    const merged = await land(world, docs.pull)
    assertReused(merged.runs, 'the model store', digests['five'] ?? '')
    assert.equal(outputsOf(merged.runs, 'staging.yml', 'deploy', 'deploy')['outcome'], 'unchanged')
    await assertShipped(world, 'staging', merged.commit, digests['five'] ?? '')
    const tagged = await release(world, 'v0.2.1')
    assertGreen(tagged, 'production')
    assert.equal(production(tagged), 'unchanged')
    await assertShipped(world, 'production', merged.commit, digests['five'] ?? '')
  })

  await t.test(
    'a merge commit, after main moved and the champion changed: judged again, not trained again',
    async () => {
      const judged = outputsOf(six.runs, 'pull-request.yml', 'model', 'evaluate-gate')
      const merged = await land(world, six.pull, 'merge')
      assertReused(merged.runs, runOf(six.runs), digests['six'] ?? '')
      const again = outputsOf(merged.runs, 'staging.yml', 'model', 'evaluate-gate')
      assert.deepEqual([judged['result'], again['result']], ['pass', 'pass'])
      assert.notEqual(judged['champion'], again['champion'])
      assert.equal(again['champion'], digests['five'])
      await assertShipped(world, 'staging', merged.commit, digests['six'] ?? '')
      assert.equal((await user.git('log', '-1', '--format=%P', merged.commit)).split(' ').length, 2)
    },
  )

  await t.test('a champion that it can no longer match: refused on main, with the cure', async () => {
    const { pull, runs } = await propose(world, { branch: 'back', title: 'Five will do', changes: [epochs(5)] })
    assertGreen(runs, 'pull-request', 'report')
    assert.equal(outputsOf(runs, 'pull-request.yml', 'model', 'evaluate-gate')['result'], 'unchanged')
    const { commit: last = '' } = (await releasedTo(world, 'staging')) ?? {}
    assertGreen(await release(world, 'v0.3.0'), 'production')
    const told = await ledger(world)

    const merged = await land(world, pull)
    assert.deepEqual(ends(merged.runs), ['staging.yml: failure'])
    const { model, deploy } = merged.runs['staging.yml']?.jobs ?? {}
    assert.deepEqual([model?.conclusion, deploy?.conclusion], ['failure', 'skipped'])
    assert.equal(outputsOf(merged.runs, 'staging.yml', 'model', 'train')['digest'], digests['five'])
    assert.equal(outputsOf(merged.runs, 'staging.yml', 'model', 'evaluate-gate')['champion'], digests['six'])
    assert.equal(epochsOf(merged.runs), 0)
    const errors = model?.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
    assert.match(
      errors?.join('\n') ?? '',
      /evaluate-gate: fail: .*worse than the tolerance of 3 % allows\. Improve the/,
    )
    assert.match(model?.summary ?? '', /worse than the tolerance of 3 % allows/)
    assert.deepEqual(await ledger(world), told)

    const tagged = await release(world, 'v0.3.1')
    assert.deepEqual(ends(tagged), ['production.yml: failure'])
    const wanted = `production: staging promoted no release of commit ${merged.commit.slice(0, 12)}; the newest one is of ${last.slice(0, 12)}: release that commit`
    assert.ok(logOf(tagged, 'production.yml', 'plan').includes(wanted), logOf(tagged, 'production.yml', 'plan'))
    assert.deepEqual(await ledger(world), told)

    const cure = await propose(world, { branch: 'cure', title: 'Six, after all', changes: [epochs(6)] })
    assertGreen(cure.runs, 'pull-request', 'report')
    const cured = await land(world, cure.pull)
    assertReused(cured.runs, 'the model store', digests['six'] ?? '')
    await assertShipped(world, 'staging', cured.commit, digests['six'] ?? '')
  })

  for (const line of await ledger(world)) t.diagnostic(line)
  assert.deepEqual(github.state.violations, [])
})
