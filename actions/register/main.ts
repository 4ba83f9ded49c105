/** The step `register` as a GitHub Action: what comes out is in `action.yml`. */
import * as core from '@actions/core'
import { fail } from '../shared/failure.ts'
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
  const { model, version, digest, created, gate, url, card } = await core.group('register', async () => {
    const context = await contextOf(runner)
    const { register } = await import('../../pipeline/steps/register.ts')
    return register(context)
  })

  setOutputs({ model, version, digest, created, gate, url, card })
  const name = `${model} v${version}${created ? '' : ', registered before'}`
  await summarise(runner, tableOf('Registered', { version: name, digest, gate, 'in MLflow': url }))
}
