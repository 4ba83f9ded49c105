import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { execa } from 'execa'
import fc from 'fast-check'
import type { TaskRecord } from '../../pipeline/task/record.ts'
import { recordSchema } from '../../pipeline/task/record.ts'
import { freePort } from '../free-port.ts'
import { repetitions } from '../repetitions.ts'
import { recordsOf } from './any-record.ts'
import { apiKey, temporaryFolder } from './helper.ts'
import { ready, setUp, start } from './process.ts'

const root = join(import.meta.dirname, '../..')
const python = join(root, '.venv', 'bin', 'python')
const uv = join(root, '.mergeline', 'setup', 'uv', 'bin', 'uv')
const packages = ['tritonclient[http]==2.73.0', 'schemathesis==4.32.5']

const folder = await temporaryFolder()
const venv = join(folder.path, 'venv')
const port = await freePort()
const { env, url } = await setUp(folder.path, port)
const server = start('server', { ...env, MERGELINE_MODEL_NAME: 'ice-cream-sales', MERGELINE_MODEL_VERSION: '7' })
const records = fc.sample(recordsOf(recordSchema), { numRuns: 25, seed: 6 }) as TaskRecord[]

before(async () => {
  await execa(uv, ['venv', '--quiet', '--python', python, venv])
  await execa(uv, ['pip', 'install', '--quiet', '--python', join(venv, 'bin', 'python'), ...packages])
  await ready(url)
})
after(async () => {
  await server[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

async function ask(interpreter: string, script: string, input: object) {
  const { stdout } = await execa(interpreter, [join(root, 'test', 'serve', script)], { input: JSON.stringify(input) })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

async function expected(): Promise<readonly number[]> {
  const answer = await fetch(`${url}/v1/predict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ records }),
  })
  const { predictions } = (await answer.json()) as { predictions: number[] }
  assert.equal(new Set(predictions).size > 10, true, 'predictions that differ')
  return predictions
}

test('MLflow’s own scoring client gets the numbers of /v1/predict, in each format', async () => {
  const host = `tests:${encodeURIComponent(apiKey)}@127.0.0.1`
  const got = await ask(python, 'mlflow-client.py', { host, port, records })
  const predictions = await expected()
  assert.deepEqual(Object.keys(got), ['dataframe', 'list', 'dataframe_records', 'instances', 'columns'])
  for (const [format, numbers] of Object.entries(got)) assert.deepEqual(numbers, predictions, format)
})

test('the public client of the Open Inference Protocol gets them, too, and understands what it is told', async () => {
  const got = await ask(join(venv, 'bin', 'python'), 'triton-client.py', {
    address: `127.0.0.1:${port}`,
    key: apiKey,
    model: 'ice-cream-sales',
    records,
  })
  const predictions = await expected()
  assert.deepEqual(got.named, predictions)
  assert.deepEqual(got.unnamed, predictions)
  assert.deepEqual([got.live, got.ready, got.modelReady, got.otherReady, got.id], [true, true, true, false, '1'])
  assert.equal(got.server.name, 'mergeline')
  assert.equal(got.refused.status, '422')
  assert.match(got.refused.message, /records\.0\.shop is missing/)
})

test('schemathesis finds nothing that the OpenAPI document does not say', async (t) => {
  const config = join(root, 'test', 'serve', 'schemathesis.toml')
  const args = [
    '--config-file',
    config,
    'run',
    `${url}/openapi.json`,
    '--no-color',
    `--max-examples=${repetitions(20)}`,
    '--seed=6',
  ]
  const { stdout, exitCode } = await execa(
    join(venv, 'bin', 'schemathesis'),
    [...args, '--phases=examples,coverage,fuzzing', '-H', `Authorization: Bearer ${apiKey}`],
    { reject: false, cwd: folder.path, timeout: 600_000 },
  )
  assert.equal(exitCode, 0, stdout)
  const [, cases = '0'] = /(\d+) generated, \1 passed/.exec(stdout) ?? []
  t.diagnostic(`${cases} cases`)
  assert.ok(Number(cases) > 500, stdout)
})
