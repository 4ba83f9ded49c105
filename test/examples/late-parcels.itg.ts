import assert from 'node:assert/strict'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { execa } from 'execa'
import { apiKeyOf } from '../../pipeline/release/targets/api-key.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { makeProject } from '../steps/project.ts'

const project = await makeProject()
after(() => project[Symbol.asyncDispose]())
const { root, git, done, env } = project
const example = join(root, 'examples/late-parcels')
const dvc = (...args: readonly string[]) =>
  execa(join(root, '.venv/bin/dvc'), args, { cwd: root, env, extendEnv: false, stdin: 'ignore' })

test('a task of classes: with task, params.yaml and data replaced, the whole loop runs', async (t) => {
  await execa(process.execPath, [join(example, 'generate.ts'), 'data'], { cwd: root, env, extendEnv: false })
  await cp(join(example, 'pipeline'), join(root, 'pipeline'), { recursive: true })
  // As a series would have it whose newest months matter most: the whole loop holds with a refit, too.
  const params = await readFile(join(example, 'params.yaml'), 'utf8')
  await writeFile(join(root, 'params.yaml'), params.replace('refit: none', 'refit: all'))
  await dvc('add', 'data')
  await dvc('push')
  // What a scratch clone is linked to is no part of it.
  await git('add', '-A', 'params.yaml', 'data.dvc', 'pipeline', '.dvc')
  const changed = (await git('diff', '--cached', '--name-only')).split('\n')
  const own = /^(params\.yaml|data\.dvc|pipeline\/task\/\w+\.ts|\.dvc\/remote\/.*)$/
  assert.deepEqual(
    changed.filter((file) => !own.test(file)),
    [],
  )
  await git('commit', '--quiet', '-m', 'Late parcels')
  await git('push', '--quiet', 'origin', 'main')

  const report = await done<{ pass: boolean; findings: readonly object[] }>('validate-data')
  assert.deepEqual([report.pass, report.findings], [true, []])
  const trained = await done<{ digest: string; epochs: number; bundle: string }>('train')
  assert.ok(trained.epochs > 0)
  const judged = await done<{
    gate: { result: string; reasons: readonly string[] }
    report: { markdown: string }
  }>('evaluate-gate')
  assert.equal(judged.gate.result, 'pass', judged.gate.reasons.join('\n'))
  assert.match(judged.gate.reasons.join('\n'), /Brier score of 0\.\d+ against 0\.\d+ of the linear baseline/)
  const told = await readFile(judged.report.markdown, 'utf8')
  assert.doesNotMatch(told, /\bunits\b|ice.cream|undefined|NaN/)
  assert.match(told, /The candidate was judged before its refit: what ships was then trained on [\d,]+ more records/)
  assert.match(
    told,
    /Refit: on the held-out records, which it has learnt from, the Brier score of what ships is 0\.\d+/,
  )
  const registered = await done<{ model: string; digest: string; card: string }>('register')
  assert.equal(registered.model, 'late-parcels')
  const card = await readFile(registered.card, 'utf8')
  assert.match(card, /Predicts the probability of `late` being 1/)
  assert.match(card, /what ships, learnt from after the judgement/)
  const deployed = await done<{ outcome: string; digest: string }>('deploy', '--environment', 'staging')
  assert.equal(deployed.outcome, 'promoted')
  assert.equal(deployed.digest, trained.digest)

  const { key } = await apiKeyOf(stateDir(root, 'staging'))
  const [first = ''] = (await readFile(join(trained.bundle, 'golden.jsonl'), 'utf8')).split('\n')
  const { record, prediction } = JSON.parse(first)
  const answer = await fetch(`http://127.0.0.1:${project.ports.staging}/v1/predict?explain=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(record),
  })
  const body = (await answer.json()) as { predictions: readonly number[]; digest: string }
  t.diagnostic(JSON.stringify(body).slice(0, 400))
  assert.equal(answer.status, 200, JSON.stringify(body))
  assert.ok(prediction >= 0 && prediction <= 1, String(prediction))
  assert.ok(Math.abs((body.predictions[0] as number) - prediction) < 1e-5)
})
