import { InputError } from '../errors.ts'
import { type BuiltImage, buildImage } from '../release/image/build.ts'
import { type ImageContext, writeContext } from '../release/image/context.ts'
import { verifyBundle } from '../tracking/manifest.ts'
import type { Context } from './context.ts'

export type Image = BuiltImage | ImageContext

/** What the command line was given; an empty text is what was not. */
export type ImageOptions = {
  readonly bundle: string
  readonly base: string
  readonly tag: string
  readonly modelFingerprint: string
  readonly context: string
}

/**
 * The step `image`: builds the image of a bundle and names it, or only writes into a folder what it would be built from. Throws InputError for a missing or
 * changed bundle, packages that are not installed as locked, and where no builder answers.
 */
export async function image({ root, params, say }: Context, options: ImageOptions): Promise<Image> {
  const { bundle, base, tag, modelFingerprint, context } = options
  if (!bundle) throw new InputError('image: --bundle is missing; `npm run train` names the folder of its bundle')
  if (modelFingerprint && !/^sha256:[0-9a-f]{64}$/.test(modelFingerprint))
    throw new InputError(`image: --fingerprint must be sha256: and 64 hex digits, got ${modelFingerprint}`)
  const inputs = { root, bundle, base: base || undefined, modelFingerprint: modelFingerprint || undefined }
  if (context) return writeContext(context, inputs)
  const { digest } = await verifyBundle(bundle)
  return buildImage({ ...inputs, tag: tag || `${params.register.model}:${digest.slice(7, 19)}`, log: say })
}
