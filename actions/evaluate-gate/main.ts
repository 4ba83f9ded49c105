/** The step `evaluate-gate` as a GitHub Action: what goes in and comes out is in `action.yml`. */
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as core from '@actions/core'
import { annotateReasons } from '../shared/annotations.ts'
import { onGitHub } from '../shared/elsewhere.ts'
import { giveGitToken } from '../shared/git-credentials.ts'
import { readBoolean, readToken } from '../shared/inputs.ts'
import { markFailed, say } from '../shared/log.ts'
import { setOutputs } from '../shared/outputs.ts'
import { run } from '../shared/run.ts'
import { contextOf } from '../shared/runner.ts'
import { summarise } from '../shared/summary.ts'
import { upload } from '../shared/upload.ts'

await run(process.env, async (runner) => {
  const inputs = { artifact: readBoolean('artifact'), token: readToken() }
  const { gate, candidate, champion, report } = await core.group('evaluate-gate', async () => {
    giveGitToken(process.env, runner.github.serverUrl, inputs.token)
    const context = await contextOf(runner, onGitHub(runner, inputs.token))
    const { evaluateGate } = await import('../../pipeline/steps/evaluate-gate.ts')
    const { describeGate } = await import('../../pipeline/cli/describe.ts')
    const judged = await evaluateGate(context)
    say(describeGate(judged, (_, text) => text))
    return judged
  })

  const { markdown, html, json } = report
  setOutputs({ result: gate.result, candidate: candidate.digest, champion: champion?.digest })
  setOutputs({ 'report-markdown': markdown, 'report-html': html, 'report-json': json })
  await summarise(runner, await readFile(markdown, 'utf8'))
  if (gate.result !== 'pass' && gate.result !== 'unchanged') {
    annotateReasons(runner.root, gate.reasons)
    markFailed(`evaluate-gate: ${gate.result}: ${gate.reasons[0] ?? 'the report says why'}`)
  }
  if (!inputs.artifact) return
  const uploaded = await upload(runner, { name: 'report', folder: dirname(markdown), files: [json, html] })
  setOutputs({ artifact: uploaded?.name, 'artifact-id': uploaded?.id, 'artifact-digest': uploaded?.digest })
})
