import { randomBytes } from 'node:crypto'
import { lstat, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Static, Type } from 'typebox'
import { InputError } from '../errors.ts'
import { type DeepReadonly, validate } from '../schema.ts'
import { bundleFiles, filesOf, judgedFiles, verifyBundle } from '../tracking/manifest.ts'

const strict = { additionalProperties: false }
const count = () => Type.Integer({ minimum: 0 })

/** What `training.json` tells. It may come from another machine: it is as hostile as whoever wrote it. */
const toldSchema = Type.Object(
  {
    digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
    epochs: Type.Array(
      Type.Object(
        { epoch: Type.Integer({ minimum: 1 }), loss: Type.Number(), validationError: Type.Number({ minimum: 0 }) },
        strict,
      ),
      { maxItems: 100_000 },
    ),
    // Of what is served, where that was fitted again after the judgement.
    refitEpochs: Type.Optional(count()),
    records: Type.Object({ train: count(), validation: count(), test: count() }, strict),
    seconds: Type.Number({ minimum: 0 }),
    // Of all cores together; absent from trainings that are older than its measurement.
    cpuSeconds: Type.Optional(Type.Number({ minimum: 0 })),
  },
  strict,
)

/** 100,000 epochs have less. */
const mostBytes = 16 * 2 ** 20

export type ToldTraining = DeepReadonly<Static<typeof toldSchema>>

/** A training that came to its end: what it told, and the folders of all of it (`training.json`, `bundle/…`) and of the bundle. */
export type FinishedTraining = ToldTraining & { readonly folder: string; readonly bundle: string }

export const toldFile = 'training.json'

const pathsOf = (files: readonly string[]) => [toldFile, ...['manifest.json', ...files].map((file) => `bundle/${file}`)]

/** Every file that a finished training's folder may have, by its path in there. */
export const trainingFiles: readonly string[] = pathsOf([...bundleFiles, ...judgedFiles])

/** Those that the training in this folder has. Throws InputError where its bundle is not what its manifest says. */
export async function filesOfTraining(folder: string): Promise<readonly string[]> {
  return pathsOf(filesOf((await verifyBundle(join(folder, 'bundle'))).manifest))
}

/** Where the training with this fingerprint lies, on this machine. */
export const trainingFolder = (root: string, fingerprint: string) =>
  join(root, '.mergeline', 'trainings', fingerprint.replace(':', '-'))

/** The training on this machine; undefined where it was never finished, or is not whole any more. */
export async function finishedTraining(root: string, fingerprint: string): Promise<FinishedTraining | undefined> {
  return readTraining(trainingFolder(root, fingerprint)).catch((error) => {
    if (error instanceof InputError) return undefined
    throw error
  })
}

/** An empty folder for a training from elsewhere; disposed, it is gone unless it was accepted. */
export type Place = AsyncDisposable & {
  readonly folder: string
  /**
   * Checks what was put there, and moves it to where trainings lie; one that lies there already is replaced. `digest` is what it must have, where that is known.
   * Throws InputError for what is no finished training.
   */
  readonly accept: (digest?: string) => Promise<FinishedTraining>
}

/** Makes a place for the training with this fingerprint: beside the others, and with them only when all of it was found good. */
export async function placeFor(root: string, fingerprint: string): Promise<Place> {
  const final = trainingFolder(root, fingerprint)
  const folder = join(dirname(final), `.brought-${randomBytes(6).toString('hex')}`)
  await mkdir(folder, { recursive: true })
  return {
    folder,
    accept: async (digest) => {
      const brought = await readTraining(folder)
      if (digest !== undefined && brought.digest !== digest)
        throw new InputError(`its digest is ${brought.digest}, and should be ${digest}`)
      await rm(final, { recursive: true, force: true })
      await rename(folder, final)
      return { ...brought, folder: final, bundle: join(final, 'bundle') }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Reads a finished training's folder. Throws InputError for what is none. */
export async function readTraining(folder: string): Promise<FinishedTraining> {
  const file = join(folder, toldFile)
  const found = await lstat(file).catch(() => undefined)
  if (!found?.isFile() || found.size > mostBytes) throw new InputError(`${toldFile} is missing, or no plain file`)
  const told = validate(toldSchema, parse(await readFile(file, 'utf8')), toldFile) as ToldTraining
  const bundle = join(folder, 'bundle')
  const { digest } = await verifyBundle(bundle)
  if (digest !== told.digest) throw new InputError(`${toldFile} tells of ${told.digest}, and the bundle is ${digest}`)
  return { ...told, folder, bundle }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InputError(`${toldFile} is not JSON`)
  }
}
