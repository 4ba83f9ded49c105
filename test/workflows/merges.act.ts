import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProject, ends, land, ledger, propose, type Runs, release } from './project.ts'
import { merged, opened, tagged, together } from './together.ts'
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
  const digestOf = (runs: Runs) => reviewed(runs)['digest'] ?? ''
  const gate = (runs: Runs, workflow: string) => outputsOf(runs, workflow, 'model', 'evaluate-gate')
  const outcome = (runs: Runs, workflow: string) => outputsOf(runs, workflow, 'deploy', 'deploy')['outcome']

  const four = await propose(world, { branch: 'four', title: 'A first model', changes: tiny })
  assertGreen(four.runs, 'pull-request', 'report')
  const [fourth, five] = await together(world, [
    merged(four.pull, 'squash'),
    opened({ branch: 'five', title: 'Five epochs', before: [readme('Five.')], changes: [epochs(5)] }),
  ])
  assertGreen(five.runs, 'pull-request', 'report')
  assert.equal(reviewed(five.runs)['epochs'], '5')
  await t.test('squash', () => assertReused(fourth.runs, runOf(four.runs), digestOf(four.runs)))

  const [first, fifth, twelve] = await together(world, [
    tagged('v0.1.0', fourth.commit),
    merged(five.pull, 'rebase'),
    opened({ branch: 'twelve', title: 'Twelve epochs', changes: [epochs(12)] }),
  ])
  assertGreen(first, 'production')
  assertGreen(twelve.runs, 'pull-request', 'report')
  await t.test('rebase: every commit is a new one on main, and the model the same', async () => {
    assert.notEqual(fifth.commit, five.pull.headSha)
    assertReused(fifth.runs, runOf(five.runs), digestOf(five.runs))
    await assertShipped(world, 'production', fourth.commit, digestOf(four.runs))
    await assertShipped(world, 'staging', fifth.commit, digestOf(five.runs))
  })

  const docs = await propose(world, { branch: 'docs', title: 'Say more', changes: [readme('More.')] })
  assertGreen(docs.runs, 'pull-request', 'report')
  await t.test('a pull request that changes nothing that matters trains nothing', () => {
    assert.equal(epochsOf(docs.runs), 0)
    assert.equal(digestOf(docs.runs), digestOf(five.runs))
    const steps = Object.values(docs.runs).flatMap(({ jobs }) => Object.values(jobs).flatMap((job) => job.steps))
    for (const { name, ms } of steps) t.diagnostic(`${(ms / 1000).toFixed(1)} s  ${name}`)
    const ours = steps.filter(({ name }) => name.startsWith('Run ./actions/'))
    t.diagnostic(`${(ours.reduce((sum, { ms }) => sum + ms, 0) / 1000).toFixed(1)} s  our steps together`)
  })

  const [second, documented] = await together(world, [tagged('v0.2.0'), merged(docs.pull)])
  const [third, twelfth, back] = await together(world, [
    tagged('v0.2.1'),
    merged(twelve.pull, 'merge'),
    opened({ branch: 'back', title: 'Five will do', changes: [epochs(5)] }),
  ])
  await t.test('a merge that changes no model is recorded as unchanged, and so is its tag', async () => {
    assertGreen(second, 'production')
    assert.equal(outcome(second, 'production.yml'), 'promoted')
    assertReused(documented.runs, `run ${fifth.runs['staging.yml']?.id}`, digestOf(five.runs))
    assert.equal(outcome(documented.runs, 'staging.yml'), 'unchanged')
    assertGreen(third, 'production')
    assert.equal(outcome(third, 'production.yml'), 'unchanged')
    await assertShipped(world, 'production', documented.commit, digestOf(five.runs))
  })

  await t.test(
    'a merge commit, after main moved and the champion changed: judged again, not trained again',
    async () => {
      assert.equal((await world.user.git('log', '-1', '--format=%P', twelfth.commit)).split(' ').length, 2)
      assertReused(twelfth.runs, runOf(twelve.runs), digestOf(twelve.runs))
      assert.notEqual(gate(twelve.runs, 'pull-request.yml')['champion'], digestOf(five.runs))
      assert.equal(gate(twelfth.runs, 'staging.yml')['champion'], digestOf(five.runs))
      assert.equal(gate(twelfth.runs, 'staging.yml')['result'], 'pass')
      await assertShipped(world, 'staging', twelfth.commit, digestOf(twelve.runs))
    },
  )

  assertGreen(back.runs, 'pull-request', 'report')
  assert.equal(gate(back.runs, 'pull-request.yml')['result'], 'unchanged')
  assertGreen(await release(world, 'v0.3.0', twelfth.commit), 'production')
  const told = await ledger(world)
  const [refused, cure] = await together(world, [
    merged(back.pull),
    opened({ branch: 'cure', title: 'Twelve, after all', changes: [epochs(12)] }),
  ])
  await t.test('a champion that the model can no longer match: refused on main, with the cure', async () => {
    assert.deepEqual(ends(refused.runs), ['staging.yml: failure'])
    const { model, deploy } = refused.runs['staging.yml']?.jobs ?? {}
    assert.deepEqual([model?.conclusion, deploy?.conclusion], ['failure', 'skipped'])
    assert.equal(outputsOf(refused.runs, 'staging.yml', 'model', 'train')['digest'], digestOf(five.runs))
    assert.equal(epochsOf(refused.runs), 0)
    assert.equal(gate(refused.runs, 'staging.yml')['champion'], digestOf(twelve.runs))
    const errors = model?.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
    assert.match(
      errors?.join('\n') ?? '',
      /evaluate-gate: fail: .*worse than the tolerance of 3 % allows\. Improve the/,
    )
    assert.match(model?.summary ?? '', /worse than the tolerance of 3 % allows/)
    assert.deepEqual(await ledger(world), told)
    assert.equal((await releasedTo(world, 'staging'))?.commit, twelfth.commit)
  })

  assertGreen(cure.runs, 'pull-request', 'report')
  const refusedTag = await release(world, 'v0.3.1', refused.commit)
  await t.test('nor does its tag release anything: it says which commit to tag', async () => {
    assert.deepEqual(ends(refusedTag), ['production.yml: failure'])
    const wanted = `production: staging promoted no release of commit ${refused.commit.slice(0, 12)}; the newest one is of ${twelfth.commit.slice(0, 12)}: release that commit`
    assert.ok(logOf(refusedTag, 'production.yml', 'plan').includes(wanted), logOf(refusedTag, 'production.yml', 'plan'))
    assert.deepEqual(await ledger(world), told)
  })

  const cured = await land(world, cure.pull)
  await t.test('the cure brings the better model back, without training', async () => {
    assertReused(cured.runs, `run ${twelfth.runs['staging.yml']?.id}`, digestOf(twelve.runs))
    await assertShipped(world, 'staging', cured.commit, digestOf(twelve.runs))
  })

  for (const line of await ledger(world)) t.diagnostic(line)
  assert.deepEqual(world.github.state.violations, [])
})
