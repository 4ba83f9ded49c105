import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { importClosure } from '../../tracking/closure.ts'
import { filesOf, verifyBundle } from '../../tracking/manifest.ts'
import { defaultBase, dockerfileOn, SERVER_ASSETS, SERVER_ENTRY, serverFingerprint } from './fingerprint.ts'
import type { Origin } from './origin.ts'
import { packageFiles } from './packages.ts'
import { type TarFile, writeTar } from './tar.ts'

export type ImageInputs = {
  /** The repository whose server is put into the image. */
  readonly root: string
  /** The folder of the bundle. */
  readonly bundle: string
  /** The base image; the Dockerfile's when absent. It must have Node 24 on its path. */
  readonly base?: string | undefined
  /** The fingerprint of the training that made the bundle, where it is known. */
  readonly modelFingerprint?: string | undefined
  /** Where the image comes from, for its labels. */
  readonly origin?: Origin | undefined
}

/** What an image is made of, before it is made. */
export type ImagePlan = {
  /** The model's digest. */
  readonly digest: string
  /** The server's own fingerprint. */
  readonly fingerprint: string
  /** The base image, as it is given to a builder. */
  readonly base: string
  /** What a builder must be given as `--build-arg`. */
  readonly buildArgs: { readonly [name: string]: string }
}

export type ImageContext = ImagePlan & { readonly dir: string }

/** Tells what the image of a bundle would be made of. Throws InputError for a bundle that is not what its manifest says. */
export async function planImage({ root, bundle, base, modelFingerprint, origin }: ImageInputs): Promise<ImagePlan> {
  const { digest } = await verifyBundle(bundle)
  const { fingerprint } = await serverFingerprint(root, base)
  const buildArgs = {
    MODEL_DIGEST: digest,
    ...(modelFingerprint ? { MODEL_FINGERPRINT: modelFingerprint } : {}),
    SERVER_FINGERPRINT: fingerprint,
    ...Object.fromEntries(Object.entries(origin ?? {}).map(([name, value]) => [name.toUpperCase(), value])),
  }
  return { digest, fingerprint, base: base ?? (await defaultBase(root)), buildArgs }
}

/**
 * Writes all that an image is built from into the folder `dir`: the Dockerfile, and one archive a layer (packages, server, bundle), each the same bytes for
 * the same inputs on any machine. Throws InputError for a bundle that is not what its manifest says and for packages that are not installed as locked.
 */
export async function writeContext(dir: string, inputs: ImageInputs): Promise<ImageContext> {
  const { root, bundle } = inputs
  const plan = await planImage(inputs)
  const { manifest } = await verifyBundle(bundle)
  const { files, packages } = await importClosure(root, SERVER_ENTRY)
  const layers: { readonly [name: string]: readonly TarFile[] } = {
    packages: await packageFiles(root, packages),
    server: [
      // Node must be told that .ts files are modules; nothing else of package.json is meant for a server.
      { path: 'package.json', content: Buffer.from('{"private":true,"type":"module"}\n') },
      ...[...files].map(([path, source]) => ({ path, content: Buffer.from(source) })),
      ...SERVER_ASSETS.map((path) => ({ path, content: { file: join(root, path) } })),
    ],
    bundle: ['manifest.json', ...filesOf(manifest)].map((file) => ({
      path: `bundle/${file}`,
      content: { file: join(bundle, file) },
    })),
  }
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'Dockerfile'), await dockerfileOn(root, plan.base))
  for (const [name, content] of Object.entries(layers)) {
    await writeTar(
      join(dir, `${name}.tar`),
      content.map((file) => ({ ...file, path: `app/${file.path}` })),
    )
  }
  return { ...plan, dir }
}
