/** The step `validate-data` as a GitHub Action: what goes in and comes out is in `action.yml`. */
import { dirname } from 'node:path'
import * as core from '@actions/core'
import { annotateFindings } from '../shared/annotations.ts'
import { exploreFor } from '../shared/exploration.ts'
import { giveGitToken } from '../shared/git-credentials.ts'
import { readBoolean, readToken } from '../shared/inputs.ts'
import { markFailed, say } from '../shared/log.ts'
import { setOutputs } from '../shared/outputs.ts'
import { run } from '../shared/run.ts'
import { contextOf } from '../shared/runner.ts'
import { summarise } from '../shared/summary.ts'
import { upload } from '../shared/upload.ts'

await run(process.env, async (runner) => {
  const inputs = { explore: readBoolean('explore'), token: readToken() }
  const { data, title } = await core.group('validate-data', async () => {
    giveGitToken(process.env, runner.github.serverUrl, inputs.token)
    const context = await contextOf(runner)
    const { validateData } = await import('../../pipeline/steps/validate-data.ts')
    const { describeData } = await import('../../pipeline/cli/describe.ts')
    const found = await validateData(context)
    say(describeData(found, (_, text) => text))
    if (found.pass && inputs.explore) await exploreFor(runner, context)
    return { data: found, title: context.params.register.model }
  })

  const count = (wanted: string) => data.findings.filter(({ severity }) => severity === wanted).length
  const errors = count('error')
  setOutputs({ result: data.pass ? 'pass' : 'refused', errors, warnings: count('warning') })
  annotateFindings(runner.root, data.findings)
  const { toMarkdown } = await import('../../pipeline/report/report.ts')
  await summarise(runner, toMarkdown({ title, data, next: [] }))
  if (data.pass) return
  const told = errors === 1 ? '1 error' : `${errors} errors`
  markFailed(`validate-data: the data are refused: ${told}; the job summary shows rows and cures`)
  // No later step makes a report of data that are refused.
  const { reportFiles } = await import('../../pipeline/steps/write-report.ts')
  const { json, html } = reportFiles(runner.root)
  await upload(runner, { name: 'report', folder: dirname(json), files: [json, html] })
})
