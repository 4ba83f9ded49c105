/** The step `deploy` as a GitHub Action: what goes in and comes out is in `action.yml`. */
import * as core from '@actions/core'
import type { Release } from '../../pipeline/release/release.ts'
import { requireAsked, requireAttested, requireExpected } from '../shared/admit.ts'
import { approvalOf } from '../shared/approval.ts'
import { doubter } from '../shared/attestation.ts'
import { whenCancelled } from '../shared/cancelled.ts'
import { readDeployInputs } from '../shared/deploy-inputs.ts'
import { tellDeployed, tellPlanned } from '../shared/deployed.ts'
import { onGitHub } from '../shared/elsewhere.ts'
import { giveGitToken } from '../shared/git-credentials.ts'
import { markFailed, say } from '../shared/log.ts'
import { setOutputs } from '../shared/outputs.ts'
import { run } from '../shared/run.ts'
import { runHolder } from '../shared/run-holder.ts'
import { contextOf } from '../shared/runner.ts'

await run(process.env, async (runner) => {
  const asked = readDeployInputs()
  const { mode, token, environment, commit, image, replay, approvalEnvironment, requireAttestation } = asked
  const { serverUrl, repository, runId } = runner.github
  const id = `github-${runId}`
  const ended = await core.group('deploy', async () => {
    giveGitToken(process.env, serverUrl, token)
    const context = await contextOf(runner, onGitHub(runner, token))
    const { plan, request } = await import('../../pipeline/steps/request.ts')
    const doubt = doubter(runner, token)
    if (mode === 'plan') {
      const planned = await plan(context, { environment, commit })
      await requireAttested(doubt, planned.release, planned.bundle, requireAttestation)
      return { planned }
    }
    const by = `${serverUrl}/${repository}/actions/runs/${runId}`
    const connect = async () => (await import('../shared/github.ts')).openGitHub(runner, token)
    if (mode === 'request') {
      const review = approvalEnvironment && { runId, environment: approvalEnvironment, required: asked.requireApproval }
      const approved = review ? await approvalOf(await connect(), review) : undefined
      if (approved) say(`deploy: approved ${approved}`)
      return { planned: await request(context, { environment, commit, id, by, approved }) }
    }

    const holder = runHolder(runner, connect)
    const inputs = { environment, replay, holder, signal: whenCancelled() }
    const { resume } = await import('../../pipeline/steps/resume.ts')
    if (mode === 'resume') {
      const { storedBundle } = await import('../../pipeline/steps/released-bundle.ts')
      const admit = async (release: Release, request: string | undefined) => {
        if (environment !== 'staging') await requireAsked(await connect(), release, request)
        if (requireAttestation) await requireAttested(doubt, release, await storedBundle(context, release.model), true)
      }
      return resume(context, { ...inputs, admit })
    }
    const { deploy } = await import('../../pipeline/steps/deploy.ts')
    // Staging follows main; elsewhere the last who asked decides.
    const order = environment === 'staging' ? ({ order: 'history' } as const) : holder && { request: id }
    const admit = async (release: Release) => requireExpected(release, asked.expected)
    return deploy(context, { ...inputs, ...order, commit, image, admit })
  })

  if ('planned' in ended) return tellPlanned(runner, ended.planned)
  if ('nothing' in ended) {
    say(`deploy: nothing to carry on: ${ended.nothing}`)
    return setOutputs({ outcome: 'nothing', reason: ended.nothing })
  }
  await tellDeployed(runner, ended)
  const { outcome, reason } = ended
  if (outcome === 'rolled back' || outcome === 'held') markFailed(`deploy: ${outcome} in ${environment}: ${reason}`)
})
