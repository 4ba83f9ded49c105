import { type Static, Type } from 'typebox'
import { stringify } from 'yaml'
import { validate } from '../schema.ts'
import { parseYaml } from '../yaml.ts'

const strict = { additionalProperties: false }
const digest = () => Type.String({ pattern: '^sha256:[0-9a-f]{64}$' })
const image = () => Type.String({ pattern: '^\\S+@sha256:[0-9a-f]{64}$' })

const modelSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }),
    /** In MLflow, where there is one; the digest is the identity. */
    version: Type.Optional(Type.Integer({ minimum: 1 })),
    digest: digest(),
    fingerprint: digest(),
  },
  strict,
)
const heldSchema = Type.Array(
  Type.Object(
    {
      model: digest(),
      image: Type.Optional(image()),
      since: Type.String({ format: 'date-time' }),
      why: Type.String({ minLength: 1 }),
    },
    strict,
  ),
)
const releaseSchema = Type.Object(
  {
    model: modelSchema,
    image: Type.Optional(image()),
    commit: Type.String({ pattern: '^[0-9a-f]{40}$' }),
    rehearsal: Type.Boolean(),
    held: heldSchema,
  },
  strict,
)
const emptySchema = Type.Object({ held: heldSchema }, strict)

export type ReleasedModel = Readonly<Static<typeof modelSchema>>
type NamedModel = Pick<ReleasedModel, 'name' | 'version' | 'digest'>
export type Held = { readonly model: string; readonly image?: string; readonly since: string; readonly why: string }
/** What an environment should run. `image` is absent where servers run as processes. */
export type Release = {
  readonly model: ReleasedModel
  readonly image?: string
  readonly commit: string
  /** Nobody outside was served: never to be shown as a production success. */
  readonly rehearsal: boolean
}
/** One environment's release.yaml: the release, null where none was made or the only one was taken back, and the pairs on hold. */
export type ReleaseFile = { readonly release: Release | null; readonly held: readonly Held[] }

/** Parses a release.yaml; `where` names it. Throws InputError with file, path and what is allowed. */
export function parseRelease(text: string, where: string): ReleaseFile {
  const value = parseYaml(text, where)
  if (typeof value === 'object' && value !== null && Object.keys(value).join() === 'held')
    return { release: null, held: validate(emptySchema, value, where).held as readonly Held[] }
  const { held, ...release } = validate(releaseSchema, value, where)
  return { release: release as Release, held: held as readonly Held[] }
}

/** A release.yaml's text; keys always come in the same order, so that a diff shows what changed and nothing else. */
export function formatRelease({ release, held }: ReleaseFile): string {
  const kept = held.map(({ model, image, since, why }) => ({ model, ...(image ? { image } : {}), since, why }))
  if (!release) return stringify({ held: kept }, { lineWidth: 0 })
  const { name, version, digest, fingerprint } = release.model
  const value = {
    model: { name, ...(version === undefined ? {} : { version }), digest, fingerprint },
    ...(release.image ? { image: release.image } : {}),
    commit: release.commit,
    rehearsal: release.rehearsal,
    held: kept,
  }
  return stringify(value, { lineWidth: 0 })
}

/** The hold on this release's pair of model and image, if there is one. */
export function holdOn(held: readonly Held[], release: Pick<Release, 'model' | 'image'>): Held | undefined {
  return held.find((hold) => hold.model === release.model.digest && hold.image === release.image)
}

export function sameRelease(a: Release | null, b: Release | null): boolean {
  return formatRelease({ release: a, held: [] }) === formatRelease({ release: b, held: [] })
}

/** `ice-cream-sales v3 (sha256:ab12cd34ef56)`, or without the version where it has none: how a release is named in messages. */
export function nameOf({ model: { name, version, digest } }: { readonly model: NamedModel }): string {
  return `${name}${version === undefined ? '' : ` v${version}`} (${digest.slice(0, 19)})`
}
