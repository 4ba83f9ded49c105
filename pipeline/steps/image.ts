import { InputError } from '../errors.ts'
import { writeWhole } from '../files.ts'
import { type BuiltImage, buildImage } from '../release/image/build.ts'
import { type ImageContext, type ImageInputs, writeContext } from '../release/image/context.ts'
import { parseImageName } from '../release/image/name.ts'
import { originOf } from '../release/image/origin.ts'
import { type PublishedImage, publishImage } from '../release/image/publish.ts'
import { composeSbom } from '../release/image/sbom.ts'
import { verifyBundle } from '../tracking/manifest.ts'
import type { Context } from './context.ts'

export type Image = (BuiltImage | PublishedImage | ImageContext) & {
  /** The file that tells what is in the image, where one was asked for. */
  readonly sbom?: string
}

/** What the command line was given; an empty text is what was not. */
export type ImageOptions = {
  readonly bundle: string
  readonly base: string
  readonly tag: string
  readonly modelFingerprint: string
  readonly context: string
  readonly sbom: string
  readonly push: boolean
  readonly rebuild: boolean
  /** Where accounts of registries are kept. */
  readonly accounts: readonly string[]
}

/**
 * The step `image`: builds the image of a bundle and names it, has it in a registry, or only writes into a folder what it would be built from; and writes
 * its SBOM. Throws InputError for a wrong name, a missing or changed bundle, packages that are not installed as locked, where no builder answers, and for
 * what the registry refuses.
 */
export async function image(context: Context, options: ImageOptions): Promise<Image> {
  const { root, params } = context
  check(options)
  const inputs = {
    root,
    bundle: options.bundle,
    base: options.base || undefined,
    modelFingerprint: options.modelFingerprint || undefined,
    origin: await originOf(root, params.register.model),
  }
  const made = await make(context, options, inputs)
  if (!options.sbom) return made
  const sbom = await composeSbom({
    root,
    model: { name: params.register.model, digest: made.digest },
    fingerprint: made.fingerprint,
    base: made.base,
    reference: 'reference' in made ? made.reference : undefined,
  })
  await writeWhole(options.sbom, `${JSON.stringify(sbom, null, 2)}\n`)
  return { ...made, sbom: options.sbom }
}

async function make({ params, say }: Context, options: ImageOptions, inputs: ImageInputs): Promise<Image> {
  const { bundle, tag, context, push, rebuild, accounts } = options
  if (context) return writeContext(context, inputs)
  if (push) return publishImage({ ...inputs, name: parseImageName(tag, 'image: --tag'), rebuild, accounts, log: say })
  const { digest } = await verifyBundle(bundle)
  return buildImage({ ...inputs, tag: tag || `${params.register.model}:${digest.slice(7, 19)}`, log: say })
}

function check({ bundle, base, tag, modelFingerprint, context, push, rebuild }: ImageOptions): void {
  if (!bundle) throw new InputError('image: --bundle is missing; `npm run train` names the folder of its bundle')
  if (modelFingerprint && !/^sha256:[0-9a-f]{64}$/.test(modelFingerprint))
    throw new InputError(`image: --fingerprint must be sha256: and 64 hex digits, got ${modelFingerprint}`)
  if (base) parseImageName(base, 'image: --base')
  const name = tag ? parseImageName(tag, 'image: --tag') : undefined
  if (name?.digest) throw new InputError('image: --tag names a digest; an image gets its digest by being pushed')
  if (rebuild && !push) throw new InputError('image: --rebuild is for --push; without it an image is always built')
  if (!push) return
  if (context) throw new InputError('image: --context only writes a folder; leave out --push, or --context')
  if (name?.registry === undefined)
    throw new InputError(
      'image: --push needs --tag <registry>/<name>[:<tag>] with the registry in it, such as ghcr.io/acme/sales',
    )
}
