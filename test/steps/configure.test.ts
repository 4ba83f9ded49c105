import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leftToConfigure } from '../../pipeline/steps/configure.ts'
import { folderWith } from '../data/folder.ts'

const root = new URL('../..', import.meta.url).pathname
const tracking = { MLFLOW_TRACKING_URI: 'https://mlflow.example' } as never

test('a fresh clone on GitHub is told of MLflow, of its rehearsals, and where the rest is', async () => {
  const [mlflow, rehearsals, rest, ...more] = await leftToConfigure({ root, tracking: null })
  assert.match(mlflow ?? '', /^MLflow: this run had no MLFLOW_TRACKING_URI/)
  assert.match(rehearsals ?? '', /^Releases to production and staging are rehearsals: /)
  assert.match(rest ?? '', /^README\.md, “On GitHub”, lists/)
  assert.deepEqual(more, [])
})

test('what is configured is not told, and where nothing is left nothing is said', async () => {
  assert.match((await leftToConfigure({ root, tracking }))[0] ?? '', /^Releases to /)
  using folder = folderWith({ 'environments/base/environment.yaml': '' })
  assert.deepEqual(await leftToConfigure({ root: folder.root, tracking }), [])
})
