/** Posts what a run found, or the notes of a release, as a GitHub Action: what goes in and comes out is in `action.yml`. */
import * as core from '@actions/core'
import { readText } from '../shared/inputs.ts'
import { setOutputs } from '../shared/outputs.ts'
import { run } from '../shared/run.ts'
import { summarise } from '../shared/summary.ts'

await run(process.env, async (runner) => {
  const inputs = { token: readText('token'), author: readText('author') }
  const { result, pull, posted, url, summary, warning } = await core.group('report', async () => {
    const { reportRun } = await import('../shared/report-run.ts')
    return reportRun(runner, inputs)
  })
  setOutputs({ result, 'pull-request': pull, posted, url })
  if (warning) core.warning(warning, { title: 'report' })
  await summarise(runner, summary)
})
