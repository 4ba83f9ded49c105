import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runWorkflow } from './run.ts'
import { press, smallWorld } from './small.ts'

const job = (concurrency: string) => `
  job:
    ${concurrency}
    runs-on: ubuntu-24.04
    steps:
      - run: |
          echo "begin $GITHUB_RUN_ID" >> "$PROTOCOL"; sleep 0.4; echo "end $GITHUB_RUN_ID" >> "$PROTOCOL"`

const four = async (jobs: string) => {
  const dir = await mkdtemp(join(tmpdir(), 'mergeline-protocol-'))
  const PROTOCOL = `${dir}/protocol`
  await using world = await smallWorld(jobs, { machine: { PROTOCOL } })
  const runs = await Promise.all([0, 1, 2, 3].map(() => press(world)))
  const protocol = (await readFile(PROTOCOL, 'utf8')).trim().split('\n')
  const lost = runs.find(({ conclusion }) => conclusion === 'cancelled')
  const again = lost && (await runWorkflow(world, { rerunFailedOf: lost }))
  await rm(dir, { recursive: true })
  return { conclusions: runs.map(({ conclusion }) => conclusion).sort(), protocol, lost, again }
}

const oneByOne = (protocol: readonly string[]) =>
  protocol.every((line, at) => at % 2 === 0 || line === protocol[at - 1]?.replace('begin', 'end'))

test('jobs of a group run one by one; with a queue none is lost', async () => {
  const { conclusions, protocol } = await four(`jobs:${job('concurrency: { group: g, queue: max }')}`)
  assert.deepEqual(conclusions, ['success', 'success', 'success', 'success'])
  assert.equal(protocol.length, 8)
  assert.ok(oneByOne(protocol), protocol.join('\n'))
})

test('without a queue one waits, and the next that comes takes its place', async () => {
  const { conclusions, protocol, lost, again } = await four(`concurrency: group\njobs:${job('')}`)
  assert.deepEqual(conclusions, ['cancelled', 'cancelled', 'success', 'success'])
  assert.equal(protocol.length, 4)
  assert.ok(oneByOne(protocol))
  assert.deepEqual(lost?.jobs, {})
  assert.deepEqual([again?.id, again?.attempt, again?.conclusion], [lost.id, 2, 'success'])
})

test('the next that comes may also end what runs', async () => {
  const { conclusions, protocol } = await four(
    `concurrency: { group: group, cancel-in-progress: true }\njobs:${job('')}`,
  )
  assert.deepEqual(conclusions, ['cancelled', 'cancelled', 'cancelled', 'success'])
  assert.equal(protocol.filter((line) => line.startsWith('end')).length, 1)
})

test('runs at once share nothing but the repository', async () => {
  const { conclusions, protocol } = await four(`jobs:${job('')}`)
  assert.deepEqual(conclusions, ['success', 'success', 'success', 'success'])
  assert.ok(!oneByOne(protocol))
})
