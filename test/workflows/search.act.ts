// `search.yml` as GitHub runs it, with trainings of a second: four runners, one of which dies, and the one that goes on from what the others left.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { makeChanges } from '../../pipeline/demo/changes.ts'
import { smallSearch } from '../steps/small-search.ts'
import { createProject, failures } from './project.ts'
import { dispatchEvent } from './runner/event.ts'
import { runWorkflow, type WorkflowRun } from './runner/run.ts'
import { conclusions } from './runner/small.ts'
import { epochs } from './trainings.ts'

const changes = [
  epochs(3),
  { file: 'params.yaml', from: /days: 365\n( *)test_days: 365/, to: 'days: 120\n$1test_days: 1200' },
  // So bad that the best of a few trials betters it.
  { file: 'params.yaml', from: /learning_rate: [\d.]+/, to: 'learning_rate: 0.0005' },
  { file: 'params.yaml', from: /\nsearch:.*/s, to: `\n${smallSearch}` },
]

/** Trials that a job trained, and those that it found finished. */
function countOf({ jobs }: WorkflowRun, job: string): { readonly trained: number; readonly found: number } {
  const [, trained, found] = /search: (\d+) trials trained, (\d+) found finished/.exec(jobs[job]?.log ?? '') ?? []
  assert.ok(trained && found, jobs[job]?.log)
  return { trained: Number(trained), found: Number(found) }
}

const shard = (number: number) => `shard (${number})`
const all = [1, 2, 3, 4].map(shard)

/** The values that the summary tells to put into params.yaml. */
function toldBy({ jobs }: WorkflowRun): { readonly [key: string]: unknown } {
  const { summary = '' } = jobs['report'] ?? {}
  const [, values = ''] =
    /Next: put these into params\.yaml, section train .*:\n((?: {2}\S+: .*\n)+)```/.exec(summary) ?? []
  return parse(values) ?? assert.fail(summary)
}

test('four runners share the first rung, what one of them left undone the last does, and its summary tells which values to put into params.yaml', async () => {
  await using world = await createProject()
  const { git, root } = world.user
  await git('switch', '--quiet', '-c', 'try')
  await makeChanges(root, changes)
  await git('commit', '--quiet', '-am', 'A search of seconds')
  await git('push', '--quiet', 'origin', 'try')
  const event = await dispatchEvent(world, {}, 'try')

  // Its machine is gone, and with it all that it had.
  const killAt = { job: shard(2), step: 'Search' }
  const first = await runWorkflow(world, { workflow: 'search.yml', event, killAt })
  assert.deepEqual(
    conclusions(first),
    { ...Object.fromEntries(all.map((job) => [job, job === shard(2) ? 'failure' : 'success'])), report: 'success' },
    failures({ first }),
  )
  assert.deepEqual(
    first.jobs['report']?.annotations.map(({ level, message }) => [level, /^Not every shard.*complete/.test(message)]),
    [['warning', true]],
  )
  // The present values and six points, of which two go on.
  const done = [...all.filter((job) => job !== shard(2)), 'report'].map((job) => countOf(first, job))
  assert.deepEqual(
    done.map(({ trained }) => trained),
    [3, 1, 1, 4],
  )
  assert.equal(done.at(-1)?.found, 5, 'no trial twice')
  const told = toldBy(first)
  assert.deepEqual(Object.keys(told), ['network.learning_rate', 'network.hidden'])
  assert.doesNotMatch(first.jobs['report']?.log ?? '', /MLflow/, 'none is named, so none is started')

  const again = await runWorkflow(world, { rerunFailedOf: first })
  assert.equal(again.conclusion, 'success', failures({ again }))
  assert.deepEqual(countOf(again, shard(2)), { trained: 2, found: 0 })
  assert.deepEqual(countOf(again, 'report'), { trained: 2, found: 7 })
  assert.deepEqual(again.jobs['report']?.annotations, [])
  assert.deepEqual(toldBy(again), told)
  assert.deepEqual(world.github.state.violations, [])
})
