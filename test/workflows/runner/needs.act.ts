import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conclusions, press, smallWorld } from './small.ts'

const job = (needs: string, rest = '') =>
  `{ needs: [${needs}], runs-on: ubuntu-24.04, ${rest} steps: [{ run: 'echo "$NEEDS"', env: { NEEDS: '\${{ toJSON(needs) }}' } }] }`

test('a job runs after what it needs, or is skipped, or runs all the same', async () => {
  await using world = await smallWorld(`
jobs:
  good: ${job('')}
  bad: { runs-on: ubuntu-24.04, steps: [{ run: exit 1 }] }
  never: ${job('', 'if: false,')}
  after-good: ${job('good')}
  after-bad: ${job('good, bad')}
  after-never: ${job('never')}
  after-after-bad: ${job('after-bad')}
  if-bad: ${job('after-bad', 'if: failure(),')}
  if-good: ${job('good', 'if: failure(),')}
  if-not-cancelled: ${job('good, never', "if: '!cancelled() && needs.good.result == ''success'' && needs.never.result == ''skipped''',")}
  after-always: ${job('if-not-cancelled')}
  always: ${job('good, bad, never', 'if: always(),')}
`)
  const run = await press(world)
  assert.equal(run.conclusion, 'failure')
  assert.deepEqual(conclusions(run), {
    good: 'success',
    bad: 'failure',
    never: 'skipped',
    'after-good': 'success',
    'after-bad': 'skipped',
    'after-never': 'skipped',
    'after-after-bad': 'skipped',
    'if-bad': 'success',
    'if-good': 'skipped',
    'if-not-cancelled': 'success',
    // All that came before counts, not only what it needs itself.
    'after-always': 'skipped',
    always: 'success',
  })
  const said = run.jobs['always']?.log.replace(/^.*\n/, '') ?? ''
  const { result, outputs } = { result: 'success', outputs: {} }
  assert.deepEqual(JSON.parse(said), {
    good: { result, outputs },
    bad: { result: 'failure', outputs },
    never: { result: 'skipped', outputs },
  })
})

test('an expression that act cannot read, and a value that it does not know, stop the run with the reason', async () => {
  await using wrong = await smallWorld(`
jobs:
  job: { if: 'nope()', runs-on: ubuntu-24.04, steps: [{ run: 'true' }] }
`)
  await assert.rejects(press(wrong), /Unknown Function Call nope/)
  await using unknown = await smallWorld(`
jobs:
  job: { runs-on: ubuntu-24.04, steps: [{ run: 'echo \${{ github.triggering_actor }}' }] }
`)
  await assert.rejects(press(unknown), /act does not know github\.triggering_actor/)
  await using runner = await smallWorld(`
jobs:
  job: { runs-on: my-own, steps: [{ run: 'true' }] }
`)
  await assert.rejects(press(runner), /no runner for its `runs-on`: .*my-own/)
  assert.equal(runner.github.state.runs.at(-1)?.conclusion, 'failure')
})
