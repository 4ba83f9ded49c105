import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProject, land, ledger, propose, type Runs } from './project.ts'
import { deliver } from './runner/deliver.ts'
import { merged, opened, together } from './together.ts'
import {
  assertGreen,
  assertRetrained,
  assertReused,
  assertShipped,
  outputsOf,
  releasedTo,
  reviewed,
  runOf,
} from './told.ts'
import { epochs, tiny } from './trainings.ts'

const faster = { file: 'params.yaml', from: /learning_rate: [\d.]+/, to: 'learning_rate: 0.02' }
const season = "'season', (record) => record.date"
const finer = { file: 'pipeline/task/features.ts', from: `${season}, 2`, to: `${season}, 3` }

test('main takes what was trained for its very tree, else it trains by itself and says why', async (t) => {
  await using world = await createProject()
  const { github, user } = world
  const first = await propose(world, { branch: 'four', title: 'A first model', changes: tiny })
  assertGreen(first.runs, 'pull-request', 'report')
  const [began, fast, five, fine] = await together(world, [
    merged(first.pull),
    opened({ branch: 'faster', title: 'Learn faster', changes: [faster] }),
    opened({ branch: 'five', title: 'Five epochs', changes: [epochs(5)] }),
    opened({ branch: 'finer', title: 'A finer season', changes: [finer] }),
  ])
  assertReused(began.runs, runOf(first.runs), reviewed(first.runs)['digest'] ?? '')
  for (const { runs } of [fast, five, fine]) assertGreen(runs, 'pull-request', 'report')

  await t.test('two pull requests in a merge group: its own run trained what both make together', async () => {
    const group = await github.mergeGroup([fast.pull.number, five.pull.number])
    const runs = await deliver(world, { only: ['pull-request.yml', 'report.yml'] })
    const checked = (sha: string): Runs =>
      Object.fromEntries(runs.filter(({ event }) => event.sha === sha).map((run) => [run.workflow, run]))
    const [alone, together] = [checked(group.groups[0]?.sha ?? ''), checked(group.sha)]
    for (const { workflow, conclusion } of runs)
      assert.equal(conclusion, workflow === 'report.yml' ? 'skipped' : 'success', 'there is nobody to report to')
    assert.equal(reviewed(alone)['source'], runOf(fast.runs))
    assert.deepEqual([reviewed(together)['source'], reviewed(together)['epochs']], ['trained', '5'])

    await github.landGroup(group.sha)
    const [staged] = await deliver(world, { only: ['staging.yml'] })
    assert.ok(staged)
    const digest = reviewed(together)['digest'] ?? ''
    assertReused({ 'staging.yml': staged }, runOf(together), digest)
    await assertShipped(world, 'staging', group.sha, digest)
    for (const { runs: own } of [fast, five]) assert.notEqual(reviewed(own)['digest'], digest)
  })

  const [finest, six] = await together(world, [
    merged(fine.pull),
    opened({ branch: 'six', title: 'Six epochs', changes: [epochs(6)] }),
  ])
  await t.test('main moved by what training reads: trained again, and judged', async () => {
    const made = assertRetrained(finest.runs, 'main moved, or nobody trained it: no run has this fingerprint')
    assert.notEqual(made['digest'], reviewed(fine.runs)['digest'])
    assert.equal(outputsOf(finest.runs, 'staging.yml', 'model', 'evaluate-gate')['candidate'], made['digest'])
    await assertShipped(world, 'staging', finest.commit, made['digest'] ?? '')
  })

  assertGreen(six.runs, 'pull-request', 'report')
  const own = github.state.artifacts.filter(({ runId }) => runId === six.runs['pull-request.yml']?.id)
  for (const { id } of own) github.expireArtifact(id)
  const expired = await land(world, six.pull, 'rebase')
  await t.test('an artifact that expired: trained again, to the same model', async () => {
    const made = assertRetrained(expired.runs, `${runOf(six.runs)}: the artifact expired`)
    assert.equal(made['digest'], reviewed(six.runs)['digest'])
    await assertShipped(world, 'staging', expired.commit, made['digest'] ?? '')
  })

  await t.test('nobody pushes to main, or moves what was released', async () => {
    github.state.roles['ada'] = 'admin'
    await user.git('fetch', '--quiet', 'origin')
    await user.git('switch', '--quiet', '--detach', 'origin/main')
    await user.git('commit', '--quiet', '--allow-empty', '-m', 'Past everybody')
    const before = [await user.git('ls-remote', 'origin'), await releasedTo(world, 'staging')]
    const push = (...refs: readonly string[]) => user.git('push', '--quiet', 'origin', ...refs)
    await assert.rejects(push('HEAD:main'), /GH013: .*refs\/heads\/main.*Changes must be made through a pull request/s)
    await assert.rejects(push('+HEAD:releases'), /GH013: .*refs\/heads\/releases.*Cannot force-push/s)
    const [model = ''] = github.state.releases.map(({ tag }) => tag)
    await assert.rejects(push(`+HEAD:refs/tags/${model}`), /GH013: .*Cannot update this protected ref/s)
    assert.deepEqual([await user.git('ls-remote', 'origin'), await releasedTo(world, 'staging')], before)
    assert.deepEqual(await deliver(world), [])
  })

  for (const line of await ledger(world)) t.diagnostic(line)
  assert.deepEqual(github.state.violations, [])
})
