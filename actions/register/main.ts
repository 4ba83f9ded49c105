/** The step `register` as a GitHub Action: what goes in and comes out is in `action.yml`. */
import * as core from '@actions/core'
import { onGitHub } from '../shared/elsewhere.ts'
import { giveGitToken } from '../shared/git-credentials.ts'
import { readToken } from '../shared/inputs.ts'
import { setOutputs } from '../shared/outputs.ts'
import { run } from '../shared/run.ts'
import { contextOf } from '../shared/runner.ts'
import { summarise, tableOf } from '../shared/summary.ts'

await run(process.env, async (runner) => {
  const token = readToken()
  const registered = await core.group('register', async () => {
    giveGitToken(process.env, runner.github.serverUrl, token)
    const context = await contextOf(runner, onGitHub(runner, token))
    const { register } = await import('../../pipeline/steps/register.ts')
    return register(context)
  })

  const { model, version, digest, created, gate, url, storeUrl, card, datasheet } = registered
  setOutputs({ model, version, digest, created, gate, url, 'store-url': storeUrl, card, datasheet })
  const name = `${model}${version ? ` v${version}` : ''}${created ? '' : ', registered before'}`
  await summarise(runner, tableOf('Registered', { model: name, digest, gate, 'kept at': storeUrl, 'in MLflow': url }))
})
