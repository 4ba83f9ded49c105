/** The step `train` as a GitHub Action: what goes in and comes out is in `action.yml`. */
import * as core from '@actions/core'
import { onGitHub } from '../shared/elsewhere.ts'
import { giveGitToken } from '../shared/git-credentials.ts'
import { readBoolean, readChoice, readDigest, readToken } from '../shared/inputs.ts'
import { setOutputs } from '../shared/outputs.ts'
import { ownDigests, rememberOwn } from '../shared/own-digests.ts'
import { run } from '../shared/run.ts'
import { contextOf } from '../shared/runner.ts'
import { summarise, tableOf } from '../shared/summary.ts'
import { uploadTraining } from '../shared/upload-training.ts'

await run(process.env, async (runner) => {
  const inputs = { artifact: readBoolean('artifact'), trust: readChoice('trust', ['any', 'recorded']) }
  const expected = readDigest('expect-digest')
  const token = readToken()
  const training = await core.group('train', async () => {
    giveGitToken(process.env, runner.github.serverUrl, token)
    const context = await contextOf(runner, {
      ...onGitHub(runner, token, inputs.trust),
      ...(expected ? { expected } : {}),
      ownDigests: await ownDigests(runner),
    })
    const { train } = await import('../../pipeline/steps/train.ts')
    const made = await train(context)
    if (inputs.trust === 'recorded') await rememberOwn(runner, made.digest)
    return made
  })

  const { fingerprint, digest, run: id, runUrl, reused, source, why, epochs, saved, seconds, bundle } = training
  setOutputs({ fingerprint, digest, run: id, 'run-url': runUrl, reused, source, why })
  setOutputs({ epochs, 'epochs-saved': saved, seconds, bundle })
  const told = reused ? `reused from ${source}: 0 epochs, ${saved} saved` : `${epochs} epochs`
  const table = { training: told, 'nothing reused': why, seconds, digest, fingerprint, 'run in MLflow': runUrl }
  await summarise(runner, tableOf('Training', table))
  if (inputs.artifact) setOutputs(await uploadTraining(runner, training))
})
