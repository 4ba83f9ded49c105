import { join } from 'node:path'
import { filesOfTraining } from '../../pipeline/steps/finished-training.ts'
import type { Training } from '../../pipeline/steps/train.ts'
import { say } from './log.ts'
import type { Runner } from './runner.ts'
import { thisRun, trainingArtifact } from './training-files.ts'
import { alreadyThere, upload } from './upload.ts'

/**
 * Records a finished training as this run's artifact, and returns the outputs that tell of it; they are empty where it was not uploaded. One that nobody vouches for is not:
 * it would get to main as this run's own.
 */
export async function uploadTraining(
  runner: Runner,
  { fingerprint, folder, source, vouched }: Training,
): Promise<{ readonly [output: string]: string | number | undefined }> {
  const name = trainingArtifact(fingerprint)
  if (source === thisRun) {
    say(`artifact ${name}: ${alreadyThere}`)
    return { artifact: name }
  }
  if (!vouched) {
    say(
      `artifact ${name}: not recorded as this run's own, for main believes it only of ${source}, where nothing that takes part in a training was changed since; else it trains again`,
    )
    return { artifact: '' }
  }
  const files = (await filesOfTraining(folder)).map((path) => join(folder, path))
  const uploaded = await upload(runner, { name, folder, files, once: true })
  return { artifact: uploaded?.name, 'artifact-id': uploaded?.id, 'artifact-digest': uploaded?.digest }
}
