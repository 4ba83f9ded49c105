import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { InputError } from '../errors.ts'
import { type Artifact, artifactPath, artifactRoot, listArtifacts } from './artifact-store.ts'
import { downloadFile } from './download-file.ts'
import type { Mlflow } from './mlflow.ts'
import { getRun } from './runs.ts'

/** Files on their way at the same time. */
const AT_ONCE = 4
/** 512 MiB: a bundle has some kilobytes to megabytes. */
const BYTES_LIMIT = 512 * 2 ** 20

/**
 * Uploads all files of `dir` into the folder `path` of the run's artifacts; files of the same names are replaced.
 * Links and other special files are refused with InputError, before anything is sent.
 */
export async function uploadFolder(mlflow: Mlflow, runId: string, dir: string, path: string): Promise<void> {
  const root = artifactRoot(mlflow, await getRun(mlflow, runId))
  await eachOf(await filesIn(dir), async (file) => {
    const answer = await mlflow.send({
      method: 'PUT',
      path: artifactPath(root, `${path}/${file.path}`),
      stream: () => ({ body: createReadStream(join(dir, file.path)), bytes: file.bytes }),
    })
    await answer.body.dump()
  })
}

/**
 * Downloads the folder `path` of the run's artifacts as `dir`, complete or not at all; an older `dir` is replaced.
 * `limit` is in bytes, for all files together. Throws InputError when there is nothing, too much, or a name that is not safe.
 */
export async function downloadFolder(
  mlflow: Mlflow,
  runId: string,
  path: string,
  dir: string,
  limit = BYTES_LIMIT,
): Promise<void> {
  const root = artifactRoot(mlflow, await getRun(mlflow, runId))
  const files = await listArtifacts(mlflow, runId, path)
  const what = `MLflow at ${mlflow.uri}: ${path} of run ${runId}`
  if (files.length === 0) throw new InputError(`${what} has no files; train again with \`npm run train\``)
  const tooMuch = () =>
    new InputError(`${what} has more than ${limit} bytes, the most that is downloaded; nothing was kept`)
  if (files.reduce((sum, file) => sum + file.bytes, 0) > limit) throw tooMuch()
  const beside = join(dirname(dir), `.download-${randomBytes(6).toString('hex')}`)
  try {
    await mkdir(beside, { recursive: true })
    // Sizes in a listing are only what the server says: what really arrives is counted too.
    let left = limit
    await eachOf(files, async (file) => {
      const to = join(beside, file.path)
      await mkdir(dirname(to), { recursive: true })
      const arrived = await downloadFile(mlflow, artifactPath(root, `${path}/${file.path}`), to, (bytes) => {
        left -= bytes
        return left < 0 ? tooMuch() : null
      })
      if (arrived !== file.bytes)
        throw new InputError(
          `${what}: ${file.path} has ${arrived} bytes, expected ${file.bytes}; nothing was kept, try again`,
        )
    })
    await rm(dir, { recursive: true, force: true })
    await rename(beside, dir)
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

async function filesIn(dir: string): Promise<Artifact[]> {
  const files: Artifact[] = []
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    if (entry.isDirectory()) continue
    const full = join(entry.parentPath, entry.name)
    if (!entry.isFile())
      throw new InputError(
        `${full} is not a plain file; only plain files can be logged, remove it or replace it by a copy`,
      )
    files.push({ path: full.slice(join(dir, '/').length).replaceAll('\\', '/'), bytes: (await lstat(full)).size })
  }
  return files
}

/** Does `work` for each, a few at a time; after the first failure nothing new is begun, and what is under way is awaited. */
async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all]
  const worker = async () => {
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next)
    } catch (error) {
      waiting.length = 0
      throw error
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker))
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed) throw failed.reason
}
