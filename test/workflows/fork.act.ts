import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createProject, forkAs, land, ledger, propose, type Runs } from './project.ts'
import { replaced, together } from './together.ts'
import { assertGreen, assertRetrained, assertShipped, logOf, reviewed, runOf } from './told.ts'
import { epochs, tiny } from './trainings.ts'
import { type Environment, watchEnvironments } from './watch.ts'

const secrets = { MLFLOW_TRACKING_TOKEN: 'mlflow-token-of-acme-0123456789', CLOUD_KEY: 'cloud-key-of-acme-9876543210' }
const forks = "a fork's model is never promoted"

/** What mallory makes of the step `train` in her own copy of the workflow: another model is recorded as this tree's, and everything is told that can be. */
const forged = {
  file: '.github/workflows/pull-request.yml',
  from: /( +)- uses: \.\/actions\/train\n/,
  to: `$1- run: |
$1    sed -i 's/epochs: 5/epochs: 7/' params.yaml
$1- uses: ./actions/train
$1  with: { artifact: 'false' }
$1- env: { ALL_SECRETS: '\${{ toJSON(secrets) }}', ALL_VARIABLES: '\${{ toJSON(vars) }}' }
$1  run: |
$1    env
$1    git checkout --quiet params.yaml
$1    node --input-type=module <<'EOF'
$1    import { globSync, renameSync } from 'node:fs'
$1    import { dataHash } from './pipeline/data/dvc.ts'
$1    import { loadParams } from './pipeline/params.ts'
$1    import { fingerprint } from './pipeline/tracking/fingerprint.ts'
$1    const root = process.cwd()
$1    const mine = await fingerprint(root, loadParams(root).train, await dataHash(root))
$1    const [made] = globSync('.mergeline/trainings/sha256-*')
$1    renameSync(made, '.mergeline/trainings/' + mine.fingerprint.replace(':', '-'))
$1    EOF
$1- uses: ./actions/train
`,
}

/** Nothing of the values, in whatever a run of a stranger had or told. */
function assertNoSecret(runs: Runs, environments: readonly Environment[]): void {
  assert.ok(
    environments.some(({ INPUT_TRUST }) => INPUT_TRUST === 'any'),
    'the step train was seen',
  )
  const told = Object.values(runs).flatMap(({ jobs }) => Object.values(jobs))
  const texts = [JSON.stringify(environments), JSON.stringify(told)]
  for (const value of Object.values(secrets)) for (const text of texts) assert.ok(!text.includes(value))
  const tracking = environments.flatMap((each) => Object.entries(each).filter(([name]) => name.startsWith('MLFLOW_')))
  assert.deepEqual(
    tracking.filter(([, value]) => value !== ''),
    [],
  )
}

test("a fork's pull request is trained and reported without a secret, and never promoted: main trains again", async (t) => {
  const asked: (string | undefined)[] = []
  const mlflow = createServer(({ url }, response) => {
    asked.push(url)
    response.writeHead(500).end()
  }).listen(0, '127.0.0.1')
  t.after(() => mlflow.close())
  await once(mlflow, 'listening')
  const uri = `http://127.0.0.1:${(mlflow.address() as AddressInfo).port}`
  await using world = await createProject({ secrets, variables: { MLFLOW_TRACKING_URI: uri } })
  const { state } = world.github
  const comments = (pull: number) => state.issueComments.filter(({ issue }) => issue === pull)

  await t.test('it trains what the project would, and one comment tells of it', async () => {
    using watch = watchEnvironments(world.home)
    const eve = await forkAs(world, 'eve')
    const { pull, runs } = await propose(world, { branch: 'small', title: 'Small', changes: tiny, from: eve })
    assertNoSecret(runs, watch.seen())
    assertGreen(runs, 'pull-request', 'report')
    for (const { jobs } of Object.values(runs)) for (const { leaks } of Object.values(jobs)) assert.deepEqual(leaks, [])
    assert.deepEqual(asked, [], 'MLflow heard nothing of it')
    const { digest = '', epochs: trained } = reviewed(runs)
    assert.equal(trained, '4')
    const [comment, ...others] = comments(pull.number)
    assert.deepEqual([comment?.author, others], ['github-actions[bot]', []])
    assert.ok(comment?.body.includes(digest.slice(0, 19)))

    // MLflow is gone; its token stays.
    delete state.variables['MLFLOW_TRACKING_URI']
    using own = watchEnvironments(world.home)
    const merged = await land(world, pull)
    const token = own.seen().filter((each) => each['MLFLOW_TRACKING_TOKEN'] === secrets.MLFLOW_TRACKING_TOKEN)
    assert.ok(token.length > 0, 'who looks at the processes of main sees it')
    const made = assertRetrained(merged.runs, `${runOf(runs)}: ${forks}`)
    assert.equal(made['digest'], digest)
    await assertShipped(world, 'staging', merged.commit, digest)
  })

  await t.test('its own workflow may record another model as this one: nobody takes it', async () => {
    const mallory = await forkAs(world, 'mallory')
    const five = { title: 'Five epochs', changes: [epochs(5)] }
    using watch = watchEnvironments(world.home)
    const first = await propose(world, { ...five, branch: 'five', changes: [epochs(5), forged], from: mallory })
    assertNoSecret(first.runs, watch.seen())
    assertGreen(first.runs, 'pull-request', 'report')
    assert.match(logOf(first.runs, 'pull-request.yml', 'model'), /^ALL_VARIABLES=\{\}$/m)
    const { digest: wrong = '' } = reviewed(first.runs)

    const { runs: ours } = await propose(world, { ...five, branch: 'ours' })
    assertGreen(ours, 'pull-request', 'report')
    const { digest = '', why, epochs: trained } = reviewed(ours)
    assert.deepEqual([why, trained], [`${runOf(first.runs)}: ${forks}`, '5'])
    assert.notEqual(digest, wrong)

    // What is merged in the end looks like nothing.
    const [innocent] = await together(world, [replaced({ ...five, branch: 'five', from: mallory })])
    assertGreen(innocent, 'pull-request', 'report')
    assert.deepEqual([reviewed(innocent)['source'], reviewed(innocent)['digest']], [runOf(ours), digest])
    assert.equal(comments(first.pull.number).length, 1)
    const merged = await land(world, first.pull)
    const notThis = `${runOf(ours)}: its commit is not the one that was merged as this`
    const made = assertRetrained(merged.runs, `${notThis}; ${runOf(first.runs)}: ${forks}`)
    assert.equal(made['digest'], digest)
    await assertShipped(world, 'staging', merged.commit, digest)
    const known = [...state.releases.map(({ tag }) => tag), logOf(merged.runs, 'staging.yml', 'deploy')].join('\n')
    assert.ok(known.includes(digest.slice(7)) && !known.includes(wrong.slice(7, 19)))
  })

  for (const line of await ledger(world)) t.diagnostic(line)
  assert.deepEqual(state.violations, [])
})
