import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conclusions, press, smallWorld } from './small.ts'

const jobs = `
jobs:
  approve:
    environment: production-approval
    runs-on: ubuntu-24.04
    steps: [{ run: 'true' }]
  deploy:
    needs: approve
    environment: { name: '\${{ vars.NAME }}', url: 'http://127.0.0.1/\${{ steps.deploy.outputs.path }}' }
    runs-on: ubuntu-24.04
    steps: [{ id: deploy, run: 'echo path=shop >> "$GITHUB_OUTPUT"; test "$GITHUB_RUN_NUMBER" != 3' }]
`

test('an environment that nobody lets the job into ends it; nothing after it runs', async () => {
  await using world = await smallWorld(jobs, { variables: { NAME: 'production' } })
  const asked: string[] = []
  const run = await press(world, {
    approve: (environment) => {
      asked.push(`${environment}: ${world.github.state.runs.at(-1)?.status}`)
      return false
    },
  })
  assert.deepEqual(conclusions(run), { approve: 'failure', deploy: 'skipped' })
  assert.deepEqual(asked, ['production-approval: waiting'])
  const { approvals, deployments } = world.github.state
  assert.deepEqual(
    approvals.map(({ environment, state }) => [environment, state]),
    [['production-approval', 'rejected']],
  )
  assert.deepEqual(
    deployments.map(({ statuses }) => statuses.map(({ state }) => state)),
    [['waiting', 'failure']],
  )
})

test('a job with an environment is a deployment with its address; the next one makes it inactive, a failed one does not', async () => {
  await using world = await smallWorld(jobs, { variables: { NAME: 'production' } })
  for (const conclusion of ['success', 'success', 'failure']) assert.equal((await press(world)).conclusion, conclusion)
  const mine = world.github.state.deployments.filter(({ environment }) => environment === 'production')
  assert.deepEqual(
    mine.map(({ statuses }) => statuses.map(({ state }) => state)),
    [
      ['in_progress', 'success', 'inactive'],
      ['in_progress', 'success'],
      ['in_progress', 'failure'],
    ],
  )
  assert.equal(mine[1]?.statuses[1]?.environmentUrl, 'http://127.0.0.1/shop')
})

test('reviewers of an environment are asked, always', async () => {
  await using world = await smallWorld(jobs, { variables: { NAME: 'production' } })
  world.github.state.environments.push({ id: 1, name: 'production-approval', reviewers: ['grace'] })
  await assert.rejects(press(world), /production-approval has reviewers/)
})
