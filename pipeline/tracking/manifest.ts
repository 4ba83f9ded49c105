import { createHash } from 'node:crypto'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { algorithms } from '../algorithm.ts'
import { backends } from '../backend.ts'
import { InputError } from '../errors.ts'
import { sha256OfFile } from '../files.ts'
import { validate } from '../schema.ts'

const strict = { additionalProperties: false }
const day = () => Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })

const manifestSchema = Type.Object(
  {
    format: Type.Literal(1),
    // Absent from bundles that are older than there were several: those are perceptrons.
    algorithm: Type.Optional(Type.Enum([...algorithms], { type: 'string' })),
    backend: Type.Enum([...backends], { type: 'string' }),
    target: Type.String(),
    window: Type.Object(
      { from: day(), trainUntil: day(), until: day() },
      {
        ...strict,
        description: 'dates of the records that training saw: the first, the last fitted, the last of validation',
      },
    ),
    refit: Type.Optional(
      Type.Object(
        {
          on: Type.Literal('all'),
          until: day(),
          more: Type.Integer({ minimum: 1 }),
          epochs: Type.Integer({ minimum: 0 }),
        },
        {
          ...strict,
          description:
            'the model that is served was fitted again, to all records up to `until`, `more` than the judged one, for so many epochs; the window is that of the judged one, which lies beside it',
        },
      ),
    ),
    files: Type.Object(
      {},
      {
        additionalProperties: Type.Object(
          { sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }), bytes: Type.Integer({ minimum: 0 }) },
          strict,
        ),
      },
    ),
  },
  strict,
)

/** What a bundle consists of. It holds no time, run, commit or verdict: the same training gives the same digest. */
export type Manifest = Static<typeof manifestSchema> & {
  readonly files: { readonly [file: string]: { sha256: string; bytes: number } }
}

/** The files of every bundle beside `manifest.json`. */
export const bundleFiles = [
  'MLmodel',
  'features.json',
  'golden.jsonl',
  'model.json',
  'profile.json',
  'record.schema.json',
  'weights.bin',
] as const

/** Those of the model that was judged, where another one is served: one that was fitted again to all records. */
export const judgedFiles = ['judged-features.json', 'judged-model.json', 'judged-weights.bin'] as const

/** The files of a bundle beside `manifest.json`; nothing else may be in the folder. */
export const filesOf = ({ refit }: Pick<Manifest, 'refit'>): readonly string[] =>
  refit ? [...bundleFiles, ...judgedFiles] : bundleFiles

/** The date of the last record that the served model has seen in training. */
export const seenUntil = ({ window, refit }: Pick<Manifest, 'window' | 'refit'>): string => refit?.until ?? window.until

/** The digest of a bundle: SHA-256 over the bytes of its manifest, as `sha256:<hex>`. */
export function digestOf(manifest: Buffer): string {
  return `sha256:${createHash('sha256').update(manifest).digest('hex')}`
}

/**
 * Checks a bundle folder against its manifest before anything in it is loaded, and returns its digest.
 * Throws InputError for a file that changed, is missing, was added, or is a link (it could point anywhere).
 */
export async function verifyBundle(dir: string): Promise<{ digest: string; manifest: Manifest }> {
  const refuse = (why: string): never => {
    throw new InputError(`bundle ${dir}: ${why}; fetch the bundle again, or train it anew with \`npm run train\``)
  }
  const present = await readdir(dir).catch(() => refuse('the folder cannot be read'))
  const requirePlain = async (file: string) => {
    if (!present.includes(file)) refuse(`${file} is missing`)
    if (!(await lstat(join(dir, file))).isFile()) refuse(`${file} is not a plain file`)
  }
  await requirePlain('manifest.json')
  const bytes = await readFile(join(dir, 'manifest.json'))
  const manifest = validate(manifestSchema, parse(bytes, refuse), `bundle ${dir}: manifest.json`) as Manifest
  const expected = filesOf(manifest)
  for (const file of present)
    if (file !== 'manifest.json' && !expected.includes(file))
      refuse(`${JSON.stringify(file)} does not belong in a bundle`)
  for (const file of Object.keys(manifest.files))
    if (!expected.includes(file)) refuse(`the manifest lists ${JSON.stringify(file)}`)
  for (const file of expected) {
    await requirePlain(file)
    const listed = manifest.files[file]
    if (!listed) refuse(`${file} is not in the manifest`)
    else if (listed.sha256 !== (await sha256OfFile(join(dir, file))))
      refuse(`${file} is not what the manifest says (changed after training)`)
  }
  return { digest: digestOf(bytes), manifest }
}

function parse(bytes: Buffer, refuse: (why: string) => never): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return refuse('manifest.json is not JSON')
  }
}
