// `search` as a process: killed half-way and run again, with other threads, in shards, and as MLflow shows it.
import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import type { LearningCurve } from '../../pipeline/steps/learning-curve.ts'
import type { Searched } from '../../pipeline/steps/search.ts'
import { ensureMlflow } from '../../pipeline/tracking/embedded.ts'
import { experimentByName } from '../../pipeline/tracking/experiments.ts'
import { ask } from '../../pipeline/tracking/mlflow.ts'
import { makeProject } from './project.ts'
import { smallSearch } from './small-search.ts'

const project = await makeProject()
after(() => project[Symbol.asyncDispose]())

type Answer = Searched & { readonly better: { readonly [key: string]: unknown } | null; readonly written: boolean }
const file = join(project.root, 'params.yaml')
const text = await readFile(file, 'utf8')
// Shorter windows, which are scored faster; and a present value that is easily bettered.
await writeFile(
  file,
  text
    .slice(0, text.indexOf('\nsearch:') + 1)
    .replace(/days: 365\n( *)test_days: 365/, 'days: 120\n$1test_days: 1200')
    .replace(/learning_rate: [\d.]+/, 'learning_rate: 0.0005') + smallSearch,
)

/** What must not depend on how often it was killed, nor on threads and machines. */
const outcome = ({ ranked, present, trials }: Answer) => ({ ranked, present, trials })
const filesOf = async (folder: string) => (await readdir(folder)).filter((name) => name.endsWith('.json'))

let first: Answer

/** The runs in MLflow that are trials of any search. */
async function trialRuns() {
  const { mlflow } = await ensureMlflow(project.root, {})
  const { register } = parse(await readFile(file, 'utf8'))
  const found = await ask<{
    runs?: { info: { status: string }; data: { tags: { key: string; value: string }[] } }[]
  }>(mlflow, {
    method: 'POST',
    path: '/api/2.0/mlflow/runs/search',
    json: {
      experiment_ids: [await experimentByName(mlflow, register.model)],
      filter: "tags.`mergeline.trial` LIKE '%'",
      max_results: 1000,
    },
  })
  return (found.runs ?? []).map(({ info, data }) => ({
    status: info.status,
    tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
  }))
}

test('killed half-way and run again, no trial is done twice; the result is that of a search nobody killed, on one thread or two', async () => {
  const folders = join(project.root, '.mergeline', 'search')
  const dying = project.run(['search', '--workers', '2'])
  const half = async () => {
    const [folder] = await readdir(folders).catch(() => [])
    return folder ? (await filesOf(join(folders, folder))).length >= 3 : false
  }
  let ended = false
  dying.then(() => {
    ended = true
  })
  // On a busy machine DVC and MLflow alone take minutes to begin.
  while (!ended && !(await half())) await sleep(50)
  dying.kill('SIGKILL')
  await dying
  const [folder = ''] = await readdir(folders)
  const before = await Promise.all(
    (await filesOf(join(folders, folder))).map(
      async (name) => [name, await readFile(join(folders, folder, name), 'utf8')] as const,
    ),
  )
  assert.ok(before.length >= 3)
  // What had ended is there already; what was being logged may be half there.
  assert.ok((await trialRuns()).length >= before.length - 2, 'each is logged as it ends')
  first = await project.done<Answer>('search', '--workers', '1')
  assert.equal(first.found, before.length)
  assert.equal(first.trained + first.found, (await filesOf(first.folder)).length)
  for (const [name, content] of before) assert.equal(await readFile(join(first.folder, name), 'utf8'), content)

  await rm(first.folder, { recursive: true })
  const straight = await project.done<Answer>('search', '--workers', '2')
  assert.equal(straight.found, 0)
  assert.deepEqual(outcome(straight), outcome(first))
  assert.equal(straight.runUrl, first.runUrl, 'one run in MLflow')
})

test('parts done by two machines come to the same', async () => {
  await rm(first.folder, { recursive: true })
  const parts = [
    await project.done<Answer>('search', '--shard', '1/2'),
    await project.done<Answer>('search', '--shard', '2/2'),
  ]
  assert.ok(parts.every(({ trained, found }) => trained > 0 && found === 0))
  const whole = await project.done<Answer>('search')
  assert.equal(
    whole.found,
    parts.reduce((sum, { trained }) => sum + trained, 0),
  )
  assert.ok(whole.trained < whole.found, 'the first rung was done')
  assert.deepEqual(outcome(whole), outcome(first))
})

test('each trial is one run in MLflow, nested in the search’s; --write leaves the best values in params.yaml', async () => {
  const parent = /\/runs\/(\w+)/.exec(first.runUrl ?? '')?.[1]
  const runs = await trialRuns()
  assert.ok(runs.every(({ status, tags }) => status === 'FINISHED' && tags['mlflow.parentRunId'] === parent))
  const keys = runs.map(({ tags }) => tags['mergeline.trial'])
  assert.deepEqual(keys.toSorted(), first.trials.map(({ key }) => key).toSorted(), 'each once, though it was killed')

  const { better, written } = await project.done<Answer>('search', '--write')
  assert.ok(better && written)
  const { train } = parse(await readFile(file, 'utf8'))
  assert.deepEqual(
    [train.network.learning_rate, train.network.hidden],
    [better['network.learning_rate'], better['network.hidden']],
  )
})

test('--learning-curve learns from shares of the records, never twice, and says what more of them would bring', async () => {
  // Its own folds: of one nothing is told.
  await writeFile(file, (await readFile(file, 'utf8')).replace(/folds: 1 /, 'folds: 2 '))
  const curve = await project.done<LearningCurve>('search', '--learning-curve')
  assert.deepEqual([curve.trained, curve.found], [8, 0])
  assert.deepEqual(
    curve.points.map(({ share }) => share),
    [1 / 8, 1 / 4, 1 / 2, 1],
  )
  const [least = 0, ...others] = curve.points.map(({ records }) => records)
  for (const [index, records] of others.entries()) assert.ok(Math.abs(records - least * 2 ** (index + 1)) < 20)
  assert.ok(curve.points.every(({ error, folds }) => Number(error) > 0 && folds.length === 2))
  assert.match(curve.state.why, /with all training records the MAE is .* than with half of them \(95 %:/)
  assert.match(await readFile(curve.chart, 'utf8'), /^<svg .*<polyline class="line one"/s)

  const again = await project.done<LearningCurve>('search', '--learning-curve')
  assert.deepEqual({ ...again, trained: 8, found: 0 }, curve)
  assert.equal(again.found, 8)
  const [{ trained, found }] = [await project.done<Answer>('search', '--untracked')]
  assert.ok(found >= 1 && trained > 0, 'all of the records are what the search tries as the present values')
  const parent = /\/runs\/(\w+)/.exec(curve.runUrl ?? '')?.[1]
  const runs = (await trialRuns()).filter(({ tags }) => tags['mlflow.parentRunId'] === parent)
  assert.equal(runs.length, 8)
  assert.ok(runs.every(({ status }) => status === 'FINISHED'))
  assert.ok(runs.some(({ tags }) => tags['mlflow.runName'] === '12.5 % of the records'))

  const refused = await project.run(['search', '--learning-curve', '--write'])
  assert.equal(refused.exitCode, 2)
  assert.match(refused.stderr, /--learning-curve tries the present values only; leave out --write/)
})
