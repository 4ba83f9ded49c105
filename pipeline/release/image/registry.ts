import { createHash } from 'node:crypto'
import { type Static, type TSchema, Type } from 'typebox'
import { validate } from '../../schema.ts'
import { openRepository, type RegistrySettings } from './registry-call.ts'
import { RegistryError } from './registry-error.ts'

/** An image as a registry has it. */
export type StoredImage = {
  /** SHA-256 of its manifest: what it is pulled by. */
  readonly digest: string
  readonly manifest: { readonly bytes: Buffer; readonly type: string }
  /** SHA-256 of its configuration, which builders call its id. */
  readonly image: string
  readonly labels: { readonly [label: string]: string }
  /** SHA-256 of each layer's content, the base image's first. */
  readonly layers: readonly string[]
  /** Bytes of all layers as they are kept and moved: compressed. */
  readonly compressed: number
}

export type Repository = {
  /** By tag or digest; null when it is not there. */
  readonly find: (reference: string) => Promise<StoredImage | null>
  /** Gives what is stored another name. */
  readonly tag: (stored: StoredImage, tag: string) => Promise<void>
}

const sha256 = Type.String({ pattern: '^sha256:[0-9a-f]{64}$' })
const size = Type.Integer({ minimum: 0 })
const manifestSchema = Type.Object({
  config: Type.Object({ digest: sha256 }),
  layers: Type.Array(Type.Object({ size })),
})
const indexSchema = Type.Object({
  manifests: Type.Array(
    Type.Object({
      digest: sha256,
      platform: Type.Optional(Type.Object({ os: Type.String(), architecture: Type.String() })),
    }),
  ),
})
const configSchema = Type.Object({
  config: Type.Optional(
    Type.Object({ Labels: Type.Optional(Type.Union([Type.Null(), Type.Record(Type.String(), Type.String())])) }),
  ),
  rootfs: Type.Object({ diff_ids: Type.Array(sha256) }),
})

/** Docker's format and OCI's, of which a registry keeps what it was given. */
const manifestTypes = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
]
const indexTypes = [
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.index.v1+json',
]
/** Node's name of this machine's architecture → the images' (Go's). */
const architectures: { readonly [arch: string]: string } = { x64: 'amd64', arm64: 'arm64' }

/**
 * Opens a repository of a registry. What is found by digest, and all that a manifest names, is checked against its digest. Throws RegistryError when the
 * registry does not answer or refuses, and InputError for what is no image.
 */
export function openImages(settings: RegistrySettings): Repository {
  const send = openRepository(settings)
  const where = `${settings.registry}/${settings.repository}`
  const blob = async (kind: 'manifests' | 'blobs', reference: string) => {
    const accept = kind === 'manifests' ? { accept: [...manifestTypes, ...indexTypes] } : {}
    const answer = await send({ method: 'GET', path: `${kind}/${reference}`, ...accept })
    const digest = `sha256:${createHash('sha256').update(answer.bytes).digest('hex')}`
    if (reference.startsWith('sha256:') && digest !== reference)
      throw new RegistryError(`${where}@${reference}: the registry sent something else, ${digest}`, 0)
    return { ...answer, digest }
  }
  const find = async (reference: string): Promise<StoredImage> => {
    const { bytes, type, digest } = await blob('manifests', reference)
    if (indexTypes.includes(type)) {
      const { manifests } = read(indexSchema, bytes, `${where}@${digest}`)
      const own = manifests.find(
        ({ platform }) => platform?.os === 'linux' && platform.architecture === architectures[process.arch],
      )
      if (own === undefined) throw new RegistryError(`${where}@${digest}: has no image for linux ${process.arch}`, 0)
      return { ...(await find(own.digest)), digest, manifest: { bytes, type } }
    }
    const { config, layers } = read(manifestSchema, bytes, `${where}@${digest}`)
    const told = read(configSchema, (await blob('blobs', config.digest)).bytes, `${where}@${digest}`)
    return {
      digest,
      manifest: { bytes, type },
      image: config.digest,
      labels: told.config?.Labels ?? {},
      layers: told.rootfs.diff_ids,
      compressed: layers.reduce((total, layer) => total + layer.size, 0),
    }
  }
  return {
    find: (reference) =>
      find(reference).catch((error: unknown) => {
        if (error instanceof RegistryError && error.status === 404) return null
        throw error
      }),
    tag: async ({ manifest }, tag) => {
      await send({ method: 'PUT', path: `manifests/${tag}`, content: manifest })
    },
  }
}

function read<T extends TSchema>(schema: T, bytes: Buffer, where: string): Static<T> {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw new RegistryError(`${where}: is no image`, 0, cause)
  }
  return validate(schema, value, where)
}
