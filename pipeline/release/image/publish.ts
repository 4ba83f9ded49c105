import { InputError } from '../../errors.ts'
import { type Account, accountFor } from './account.ts'
import { buildImage } from './build.ts'
import { type Builder, builders, findBuilder } from './builders.ts'
import { type ImageInputs, type ImagePlan, planImage } from './context.ts'
import { type ImageName, isLoopback } from './name.ts'
import { openImages, type Repository, type StoredImage } from './registry.ts'
import { RegistryError } from './registry-error.ts'

export type PublishedImage = ImagePlan & {
  /** By which it is pulled and released: `<registry>/<repository>@sha256:…`, the digest of its manifest. */
  readonly reference: string
  /** Its names in the registry. The first is made of what is in the image: `<model's digest>-<server's fingerprint>`, 12 digits each. */
  readonly tags: readonly string[]
  /** Whether the registry had it already, so that nothing was built or pushed. */
  readonly reused: boolean
  /** Seconds of building and pushing; 0 when it was reused. */
  readonly seconds: number
  /** The image's id, of its configuration. */
  readonly image: string
  /** SHA-256 of each layer's content, the base image's first. */
  readonly layers: readonly string[]
  /** Bytes that a machine pulls which has none of it: all layers, compressed. */
  readonly compressed: number
}

type Inputs = ImageInputs & {
  /** Registry and repository; its tag, if any, is given as well. */
  readonly name: ImageName
  /** Where accounts of registries are kept; see `accountFiles`. */
  readonly accounts: readonly string[]
  /** Builds also what the registry has. */
  readonly rebuild?: boolean
  readonly builder?: Builder | undefined
  readonly log?: (line: string) => void
}

/**
 * Has the image of a bundle in a registry: what is there already under a name made of model and server, and says so in its labels, is taken as it is (0 s);
 * else it is built, pushed, and read back. Who may write to the repository may also lie in labels, so what is released is verified by its attestation.
 * Throws InputError when it cannot be built, and RegistryError when the registry refuses or has something else than what was pushed.
 */
export async function publishImage(inputs: Inputs): Promise<PublishedImage> {
  const { name, accounts, rebuild = false, log = () => {} } = inputs
  const registry = name.registry
  if (registry === undefined) throw new InputError(`image: ${name.repository} names no registry`)
  const place = `${registry}/${name.repository}`
  const plan = await planImage(inputs)
  const tags = [`${plan.digest.slice(7, 19)}-${plan.fingerprint.slice(7, 19)}`, ...(name.tag ? [name.tag] : [])]
  const tag = `${place}:${tags[0]}`
  const account = await accountFor(registry, name.repository, accounts)
  const images = openImages({ registry, repository: name.repository, account })
  const began = performance.now()
  const found = rebuild ? null : await look(images, tags[0] as string, account, log)
  const differs = found && differenceOf(plan, found)
  if (differs) log(`image: ${tag} is there with another ${differs}; it is built anew`)
  const reused = found !== null && !differs
  const stored = reused ? found : await buildAndPush({ ...inputs, tag, registry, images })
  const seconds = reused ? 0 : Math.round((performance.now() - began) / 100) / 10
  log(
    reused ? `image: reused, ${tag} is this model with this server (0 s of building)` : `image: pushed in ${seconds} s`,
  )
  for (const other of tags.slice(1)) await images.tag(stored, other)
  const { digest, image, layers, compressed } = stored
  const reference = `${place}@${digest}`
  return { ...plan, reference, tags: tags.map((one) => `${place}:${one}`), reused, seconds, image, layers, compressed }
}

/** What is there under a tag. Some registries refuse to tell whether a repository exists that is not there yet. */
async function look(images: Repository, tag: string, account: Account | null, log: (line: string) => void) {
  try {
    return await images.find(tag)
  } catch (error) {
    if (!(error instanceof RegistryError && account && (error.status === 401 || error.status === 403))) throw error
    log(`image: nothing to reuse: ${error.message}`)
    return null
  }
}

/** Which label is not as it would be built now, of those that say what is inside; undefined when they are. */
function differenceOf({ buildArgs }: ImagePlan, { labels }: StoredImage): string | undefined {
  return Object.entries({
    'dev.mergeline.model.digest': buildArgs['MODEL_DIGEST'],
    'dev.mergeline.model.fingerprint': buildArgs['MODEL_FINGERPRINT'] ?? 'unknown',
    'dev.mergeline.server.fingerprint': buildArgs['SERVER_FINGERPRINT'],
  }).find(([label, value]) => labels[label] !== value)?.[0]
}

async function buildAndPush(
  inputs: Inputs & { readonly tag: string; readonly registry: string; readonly images: Repository },
): Promise<StoredImage> {
  const { tag, registry, images } = inputs
  const builder = inputs.builder ?? (await findBuilder())
  const built = await buildImage({ ...inputs, builder })
  const digest = await builders[builder].push(tag, { insecure: isLoopback(registry) })
  const stored = await images.find(digest)
  if (stored === null) throw new RegistryError(`${tag}: pushed as ${digest}, but the registry does not have it`, 404)
  const differs = differenceOf(built, stored) ?? (stored.layers.join() === built.layers.join() ? undefined : 'layers')
  if (differs) throw new RegistryError(`${tag}: the registry has ${digest} with another ${differs} than was pushed`, 0)
  return stored
}
