import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { InputError } from '../../errors.ts'
import { act } from '../witness.ts'

/** Where one environment's servers, journal and events live on this machine. */
export const stateDir = (root: string, environment: string) => join(root, '.mergeline', 'host', environment)

/** Writes a file beside its place, onto the disk, then renames it: a reader, or whoever comes after a power cut, sees the old or the new one. */
export async function writeDurably(file: string, text: string, mode = 0o644): Promise<void> {
  const beside = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await act(`write ${basename(file)}`, async () => {
      await mkdir(dirname(file), { recursive: true })
      await using handle = await open(beside, 'w', mode)
      await handle.writeFile(text)
      await handle.sync()
      await rename(beside, file)
      await using folder = await open(dirname(file), 'r')
      await folder.sync()
    })
  } catch (error) {
    await rm(beside, { force: true })
    throw explainFull(error, file)
  }
}

/** A JSON file's value, or undefined where there is none. Throws InputError for a damaged one. */
export async function readJson(file: string): Promise<unknown> {
  const text = await readText(file)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InputError(
      `${file} is damaged; run \`npm run stop\`, remove the folder ${dirname(file)} and deploy again`,
      { cause },
    )
  }
}

export async function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

/** An error of writing `path`, in words of its own where the disk is full. */
export function explainFull(error: unknown, path: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== 'ENOSPC' && !/no space left on device/i.test(message)) return error
  return new InputError(`${path} cannot be written: the disk is full; make room and run again`, { cause: error })
}
