import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { InputError } from '../errors.ts'
import { writeWhole } from '../files.ts'
import { type DeepReadonly, validate } from '../schema.ts'
import type { Work } from '../training/search/threads.ts'

const strict = { additionalProperties: false }

const trialSchema = Type.Object(
  {
    /** The section `train` that was tried. */
    train: Type.Object({}),
    /** Of the training records, where it is less than all. */
    share: Type.Optional(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 })),
    scores: Type.Array(
      Type.Object(
        {
          error: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
          records: Type.Integer({ minimum: 1 }),
          blocks: Type.Array(Type.Number({ minimum: 0 }), { maxItems: 10_000 }),
        },
        strict,
      ),
      { minItems: 1, maxItems: 50 },
    ),
  },
  strict,
)

/** A finished trial as it is kept, one file each: another machine may have made it. */
export type KeptTrial = DeepReadonly<Static<typeof trialSchema>>

/** What a trial is known by: all of the section `train` that it tries, and from what share of the records. Where it is kept says by which code, on which data and folds. */
export const trialKey = ({ train, share = 1 }: Work): string =>
  createHash('sha256')
    .update(JSON.stringify(share === 1 ? train : [train, share]))
    .digest('hex')
    .slice(0, 32)

/** Where the trials on the same data and folds, by the same code, lie on this machine. */
export const searchFolder = (root: string, fingerprint: string) =>
  join(root, '.mergeline', 'search', fingerprint.replace(':', '-'))

/** The trial if it was finished; undefined where it was not, or what is there is not whole. */
export async function readTrial(folder: string, work: Work, folds: number): Promise<KeptTrial | undefined> {
  const file = join(folder, `${trialKey(work)}.json`)
  try {
    const kept = validate(trialSchema, JSON.parse(await readFile(file, 'utf8')), file) as KeptTrial
    return kept.scores.length === folds && trialKey(kept as Work) === trialKey(work) ? kept : undefined
  } catch (error) {
    const none = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (none || error instanceof InputError || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Keeps a finished trial: whole or not at all. */
export async function keepTrial(folder: string, trial: KeptTrial): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeWhole(join(folder, `${trialKey(trial as Work)}.json`), `${JSON.stringify(trial)}\n`)
}
