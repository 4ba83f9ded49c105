/** The step `deploy` as a GitHub Action: what goes in and comes out is in `action.yml`. */
import * as core from '@actions/core'
import { whenCancelled } from '../shared/cancelled.ts'
import { fail } from '../shared/failure.ts'
import { readText } from '../shared/inputs.ts'
import { setOutputs } from '../shared/outputs.ts'
import { contextOf, readRunner } from '../shared/runner.ts'
import { summarise, tableOf } from '../shared/summary.ts'

const runner = readRunner(process.env)

try {
  await main()
} catch (error) {
  fail(error, runner)
}

async function main(): Promise<void> {
  const inputs = { environment: readText('environment'), commit: readText('commit'), signal: whenCancelled() }
  const deployed = await core.group('deploy', async () => {
    const context = await contextOf(runner)
    const { deploy } = await import('../../pipeline/steps/deploy.ts')
    return deploy(context, inputs)
  })

  const { outcome, reason, environment, digest, releaseCommit, revertCommit, canaryRequests, gatewayUrl } = deployed
  const { model, commit, rehearsal } = deployed.release
  const done = outcome === 'promoted' || outcome === 'unchanged'
  setOutputs({ outcome, reason, digest, version: model.version, commit, rehearsal })
  setOutputs({ 'release-commit': releaseCommit, 'revert-commit': revertCommit })
  setOutputs({ 'canary-requests': canaryRequests, 'gateway-url': gatewayUrl })
  const title = `${environment}: ${outcome}${rehearsal ? ' (rehearsal)' : ''}`
  const table = { why: reason, model: `${model.name} v${model.version}`, digest, commit, release: releaseCommit }
  await summarise(runner, tableOf(title, { ...table, revert: revertCommit, 'canary requests': canaryRequests }))
  if (!done) core.setFailed(`deploy: ${outcome} in ${environment}: ${reason}`)
}
