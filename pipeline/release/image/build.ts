import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Builder, builders, findBuilder } from './builders.ts'
import { type ImageContext, type ImageInputs, writeContext } from './context.ts'
import { isLoopback, parseImageName } from './name.ts'

export type BuiltImage = Omit<ImageContext, 'dir'> & {
  readonly tag: string
  /** The image's id, `sha256:<hex>` over its configuration: what it holds and how it starts. A registry names it by another digest, of its manifest. */
  readonly image: string
  /** SHA-256 of each layer's content, the base image's first. */
  readonly layers: readonly string[]
  /** Bytes of all layers, unpacked. */
  readonly size: number
}

/**
 * Builds the image of one bundle with Docker (`DOCKER_HOST` and contexts are honoured) or buildah, whichever answers, and names it `tag`. The same inputs give
 * the same layers; the image's id need not be the same, as buildah writes random names into it. Throws InputError when there is no builder, or when it
 * fails, with its last words.
 */
export async function buildImage({
  tag,
  builder,
  log = () => {},
  ...inputs
}: ImageInputs & {
  readonly tag: string
  readonly builder?: Builder | undefined
  readonly log?: (line: string) => void
}): Promise<BuiltImage> {
  const name = builder ?? (await findBuilder())
  const dir = await mkdtemp(join(tmpdir(), 'mergeline-image-'))
  try {
    const { dir: _, ...context } = await writeContext(dir, inputs)
    log(`image: ${name} builds ${tag} on ${context.base}`)
    const args = Object.entries(context.buildArgs).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`])
    const { registry = '' } = parseImageName(context.base, 'the base image')
    await builders[name].build(dir, ['--tag', tag, ...args], { insecure: isLoopback(registry) })
    return { ...context, tag, ...(await builders[name].inspect(tag)) }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
