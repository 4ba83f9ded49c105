/** The step `train` as a GitHub Action: what goes in and comes out is in `action.yml`. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as core from '@actions/core'
import { fail } from '../shared/failure.ts'
import { readBoolean } from '../shared/inputs.ts'
import { setOutputs } from '../shared/outputs.ts'
import { contextOf, readRunner } from '../shared/runner.ts'
import { summarise, tableOf } from '../shared/summary.ts'
import { upload } from '../shared/upload.ts'

const runner = readRunner(process.env)

try {
  await main()
} catch (error) {
  fail(error, runner)
}

async function main(): Promise<void> {
  const inputs = { artifact: readBoolean('artifact') }
  const { fingerprint, digest, run, runUrl, reused, epochs, seconds, bundle } = await core.group('train', async () => {
    const context = await contextOf(runner)
    const { train } = await import('../../pipeline/steps/train.ts')
    return train(context)
  })

  setOutputs({ fingerprint, digest, run, 'run-url': runUrl, reused, epochs, seconds, bundle })
  const training = reused ? 'reused: a run with this fingerprint was there, 0 epochs' : `${epochs} epochs`
  await summarise(runner, tableOf('Training', { training, seconds, digest, fingerprint, 'run in MLflow': runUrl }))
  if (!inputs.artifact) return
  const files = (await readdir(bundle)).map((file) => join(bundle, file))
  const uploaded = await upload(runner, { name: `bundle-${digest.slice(7, 19)}`, folder: bundle, files })
  setOutputs({ artifact: uploaded?.name, 'artifact-id': uploaded?.id, 'artifact-digest': uploaded?.digest })
}
