/** Tells what a run found, in a comment, or what became of a tag, in its release, as a GitHub Action: what goes in and comes out is in `action.yml`. */
import * as core from '@actions/core'
import { markWarning } from '../shared/log.ts'
import { setOutputs } from '../shared/outputs.ts'
import { readReportInputs } from '../shared/report-inputs.ts'
import { run } from '../shared/run.ts'
import { summarise } from '../shared/summary.ts'

await run(process.env, async (runner) => {
  const inputs = readReportInputs()
  const { result, pull, posted, url, summary, warning } = await core.group('report', async () => {
    const { reportRelease } = await import('../shared/report-release.ts')
    const { reportRun } = await import('../shared/report-run.ts')
    return inputs.on === 'release' ? reportRelease(runner, inputs) : reportRun(runner, inputs)
  })
  setOutputs({ result, 'pull-request': pull, posted, url })
  if (warning) markWarning(warning, { title: 'report' })
  await summarise(runner, summary)
})
