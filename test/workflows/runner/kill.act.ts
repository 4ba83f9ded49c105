import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runWorkflow } from './run.ts'
import { checkout, conclusions, press, smallWorld } from './small.ts'

const jobs = `
jobs:
  first:
    runs-on: ubuntu-24.04
    outputs: { said: '\${{ steps.say.outputs.said }}' }
    steps: [{ id: say, run: 'echo "said=$GITHUB_RUN_ATTEMPT" >> "$GITHUB_OUTPUT"' }]
  second:
    needs: first
    runs-on: ubuntu-24.04
    permissions: { contents: read }
    steps:
      - ${checkout}
      - name: Work
        run: echo "attempt $GITHUB_RUN_ATTEMPT after \${{ needs.first.outputs.said }}"; sleep 0.3; echo done
      - if: always()
        run: echo always
  third:
    needs: second
    runs-on: ubuntu-24.04
    steps: [{ run: 'true' }]
`

test('a machine that dies takes all with it: no step follows, and a second attempt does what is left', async () => {
  await using world = await smallWorld(jobs)
  const killed = await press(world, { killAt: { job: 'second', step: 'Work' } })
  assert.equal(killed.conclusion, 'failure')
  assert.deepEqual(conclusions(killed), { first: 'success', second: 'failure', third: 'skipped' })
  assert.deepEqual(
    killed.jobs['second']?.steps.map(({ conclusion }) => conclusion),
    ['success', 'cancelled', 'skipped'],
  )
  assert.doesNotMatch(killed.jobs['second']?.log ?? '', /^(done|always)$/m)

  const again = await runWorkflow(world, { rerunFailedOf: killed })
  assert.equal(again.conclusion, 'success')
  assert.deepEqual([again.id, again.attempt], [killed.id, 2])
  assert.match(again.jobs['second']?.log ?? '', /^attempt 2 after 1$/m)
  assert.deepEqual(
    world.github.state.jobs.map(({ attempt, name, conclusion }) => `${attempt} ${name} ${conclusion}`),
    [
      '1 first success',
      '1 second failure',
      '1 third skipped',
      '2 first success',
      '2 second success',
      '2 third success',
    ],
  )
})

test('a machine dies in the middle of a step, at what its log says or what it asks GitHub for', async () => {
  await using world = await smallWorld(jobs)
  const killed = await press(world, { killAt: { job: 'second', step: 1, when: /attempt 1/ } })
  assert.match(killed.jobs['second']?.log ?? '', /^attempt 1/m)
  assert.doesNotMatch(killed.jobs['second']?.log ?? '', /^done$/m)
  const fetching = await press(world, {
    killAt: { job: 'second', step: 0, asks: ({ operation }) => operation === 'git-upload-pack' },
  })
  assert.equal(fetching.jobs['second']?.steps[0]?.conclusion, 'cancelled')
  await assert.rejects(press(world, { killAt: { job: 'second', step: 'nothing' } }), /job second has no step nothing/)
})
