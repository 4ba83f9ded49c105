import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { writeTar } from '../../pipeline/release/image/tar.ts'
import { filesOfTraining, trainingFiles } from '../../pipeline/steps/finished-training.ts'

/** What an archive of a finished training may hold. 512 MiB: a bundle has some kilobytes to megabytes. */
export const trainingLimits = {
  allow: (path: string) => trainingFiles.includes(path),
  maxBytes: 512 * 2 ** 20,
  maxFiles: trainingFiles.length,
} as const

/** The name of the artifact that holds the training with this fingerprint. */
export const trainingArtifact = (fingerprint: string) => `training-${fingerprint.replace('sha256:', '')}`

/** How the training is called that an artifact of the same run holds. */
export const thisRun = 'this run'

/** Writes the files of a training that was read from an archive; all of their paths are those of `trainingLimits`. */
export async function writeTraining(folder: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const [path, content] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

/** The tar archive of a finished training: the same files give the same bytes. */
export async function tarOf(folder: string): Promise<Buffer> {
  await using beside = await mkdtempDisposable(join(tmpdir(), 'mergeline-training-'))
  const archive = join(beside.path, 'training.tar')
  await writeTar(
    archive,
    (await filesOfTraining(folder)).map((path) => ({ path, content: { file: join(folder, path) } })),
  )
  return await readFile(archive)
}
