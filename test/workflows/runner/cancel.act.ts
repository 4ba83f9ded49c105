import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkout, conclusions, press, smallWorld } from './small.ts'

/** A job whose second step is in the middle of `script` when something happens to it. */
const jobs = (script: string, rest = '') => `
jobs:
  long:
    runs-on: ubuntu-24.04
    ${rest}
    outputs: { said: '\${{ steps.after.outputs.said }}' }
    steps:
      - run: echo begins
      - id: work
        run: |
          ${script.replaceAll('\n', '\n          ')}
      - run: echo next
      - id: after
        if: always()
        run: echo "said=\${{ job.status }}" >> "$GITHUB_OUTPUT"
      - if: cancelled()
        run: echo cancelled
      - if: failure()
        run: echo failed
  next:
    needs: long
    runs-on: ubuntu-24.04
    steps: [{ run: echo next }]
  last:
    needs: long
    if: always()
    runs-on: ubuntu-24.04
    steps: [{ run: 'test \${{ needs.long.result }} = cancelled' }]
`
const cancelAt = { job: 'long', step: 'work', when: /ready/ }

test('a cancelled job gets SIGINT and ends in its own way; then the steps run that always run', async () => {
  await using world = await smallWorld(
    jobs(`trap 'echo interrupted; exit 0' INT\ntrap 'echo terminated' TERM\necho ready\nwhile :; do sleep 0.05; done`),
  )
  const run = await press(world, { cancelAt })
  assert.equal(run.conclusion, 'cancelled')
  assert.deepEqual(conclusions(run), { long: 'cancelled', next: 'skipped', last: 'success' })
  const { long } = run.jobs
  assert.deepEqual(
    long?.steps.map(({ conclusion }) => conclusion),
    ['success', 'cancelled', 'skipped', 'success', 'success', 'skipped'],
  )
  assert.match(long?.log ?? '', /ready\ninterrupted\n/)
  assert.deepEqual(long?.outputs, { said: 'cancelled' })
  assert.doesNotMatch(long?.log ?? '', /terminated/)
  assert.deepEqual(
    world.github.state.runs.map(({ status, conclusion }) => [status, conclusion]),
    [['completed', 'cancelled']],
  )
})

test('one that does not mind SIGINT and SIGTERM is ended after ten seconds, with all that it began', async () => {
  const script = `trap 'echo no' INT TERM\n(trap '' INT TERM; while :; do sleep 0.05; done) &\necho ready\nwhile :; do sleep 0.05; done`
  await using world = await smallWorld(jobs(script))
  const began = Date.now()
  const { long } = (await press(world, { cancelAt })).jobs
  assert.equal(long?.conclusion, 'cancelled')
  assert.match(long.log, /ready\nno\nno\n/)
  assert.deepEqual(long.outputs, { said: 'cancelled' })
  assert.ok(Date.now() - began > 9900, 'the two signals have their time')
})

test('a step within a composite action is cancelled as any other, and what follows in it does not run', async () => {
  const action = `name: inner
description: x
runs:
  using: composite
  steps:
    - uses: ./wait
    - { shell: bash, run: echo inner }
`
  const wait = 'name: wait\ndescription: x\nruns: { using: node24, main: main.mjs }\n'
  const main = `process.on('SIGINT', () => { console.log('interrupted'); process.exit(0) }); console.log('ready'); setInterval(() => {}, 1000)`
  const files = { 'inner/action.yml': action, 'wait/action.yml': wait, 'wait/main.mjs': main }
  await using world = await smallWorld(
    `
jobs:
  long:
    runs-on: ubuntu-24.04
    permissions: { contents: read }
    steps:
      - ${checkout}
      - uses: ./inner
      - run: echo outer
      - if: always()
        run: echo always
`,
    { files },
  )
  const { long } = (await press(world, { cancelAt: { job: 'long', step: './inner', when: /ready/ } })).jobs
  assert.deepEqual(
    long?.steps.map(({ conclusion }) => conclusion),
    ['success', 'cancelled', 'skipped', 'success'],
  )
  assert.match(long?.log ?? '', /ready\ninterrupted\n/)
  assert.doesNotMatch(long?.log ?? '', /^(inner|outer)$/m)
})

test('a job that takes longer than it may is cancelled', async () => {
  await using world = await smallWorld(jobs(`trap 'exit 1' INT\nwhile :; do sleep 0.05; done`, 'timeout-minutes: 0.02'))
  const run = await press(world)
  assert.deepEqual(conclusions(run), { long: 'cancelled', next: 'skipped', last: 'success' })
  assert.equal(run.conclusion, 'cancelled')
  assert.equal(run.jobs['long']?.outputs['said'], 'cancelled')
})

test('what a step leaves running with its output does not hold up the job for longer than the runner waits', async () => {
  await using world = await smallWorld(jobs('sleep 600 & echo ready'))
  const run = await press(world)
  assert.equal(run.jobs['long']?.conclusion, 'success')
  assert.ok((run.jobs['long']?.ms ?? 0) < 300_000)
})
