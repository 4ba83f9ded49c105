import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { InputError } from '../errors.ts'
import { downloadFolder } from './artifacts.ts'
import { verifyBundle } from './manifest.ts'
import type { Mlflow } from './mlflow.ts'
import { versionOfDigest } from './registry.ts'

/** Where a run keeps its bundle among its artifacts. */
export const BUNDLE_ARTIFACT = 'bundle'

/** A place that may have a bundle. `bring` makes `folder`, with the bundle in it, or returns false where it has none. */
export type BundleSource = { readonly name: string; readonly bring: (folder: string) => Promise<boolean> }

/**
 * The folder of a bundle on this machine, by digest: from the store `.mergeline/bundles`, else from the first place that has it. Verified wherever it comes from.
 * Throws InputError when a place has other content under that digest, and, with what each said, when none has it.
 */
export async function fetchBundle(root: string, digest: string, sources: readonly BundleSource[]): Promise<string> {
  // What anyone with a server's token can write becomes part of a path here.
  if (!/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new InputError(`${JSON.stringify(digest)} is no digest (sha256: and 64 hex digits)`)
  const dir = join(root, '.mergeline', 'bundles', digest.replace(':', '-'))
  const stored = await verifyBundle(dir).catch(() => undefined)
  if (stored?.digest === digest) return dir
  await mkdir(dirname(dir), { recursive: true })
  const said: string[] = []
  for (const { name, bring } of sources) {
    const beside = `${dir}.${randomBytes(6).toString('hex')}`
    try {
      const failed = await bring(beside).then((found) => (found ? undefined : 'has no bundle of this digest'), whyOf)
      if (failed !== undefined) {
        said.push(`${name}: ${failed}`)
        continue
      }
      const got = await verifyBundle(beside)
      if (got.digest !== digest)
        throw new InputError(`${name}: its bundle is ${got.digest}, and should be ${digest}: somebody changed it`)
      await rm(dir, { recursive: true, force: true })
      await rename(beside, dir)
      return dir
    } finally {
      await rm(beside, { recursive: true, force: true })
    }
  }
  const asked = said.map((line) => `\n  - ${line}`).join('') || ', and there is no place to ask'
  throw new InputError(`no place has the bundle ${digest}; is one of them the wrong one, or out of reach?${asked}`)
}

/** The bundle of the model version with this digest. */
export function registeredBundle(mlflow: Mlflow, model: string, digest: string): BundleSource {
  return {
    name: `MLflow at ${mlflow.uri}, model ${model}`,
    bring: async (folder) => {
      const version = await versionOfDigest(mlflow, model, digest)
      if (version) await downloadFolder(mlflow, version.runId, BUNDLE_ARTIFACT, folder)
      return version !== null
    },
  }
}

/** What is broken in our own code is thrown on; what a place could not do, the next one may. */
function whyOf(error: unknown): string {
  if (error instanceof InputError) return error.message
  throw error
}
