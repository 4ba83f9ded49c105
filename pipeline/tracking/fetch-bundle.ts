import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { downloadFolder } from './artifacts.ts'
import { verifyBundle } from './manifest.ts'
import type { Mlflow } from './mlflow.ts'

/** Where a run keeps its bundle among its artifacts. */
export const BUNDLE_ARTIFACT = 'bundle'

/**
 * The folder of a bundle on this machine, by digest: from the store `.mergeline/bundles`, else downloaded from the run that made it. Verified either way.
 * Throws InputError when the run's bundle has another digest than its tag says.
 */
export async function fetchBundle(
  mlflow: Mlflow,
  root: string,
  { digest, run }: { digest: string; run: string },
): Promise<string> {
  // A tag that anyone with the server's token can write becomes part of a path here.
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new InputError(
      `MLflow run ${run}: its tag mergeline.digest is no digest (sha256: and 64 hex digits); train again from a clean tree`,
    )
  }
  const dir = join(root, '.mergeline', 'bundles', digest.replace(':', '-'))
  const stored = await verifyBundle(dir).catch(() => undefined)
  if (stored?.digest === digest) return dir
  await rm(dir, { recursive: true, force: true })
  await downloadFolder(mlflow, run, BUNDLE_ARTIFACT, dir)
  const got = await verifyBundle(dir)
  if (got.digest === digest) return dir
  await rm(dir, { recursive: true, force: true })
  throw new InputError(
    `MLflow run ${run}: its bundle is ${got.digest}, its tag says ${digest}: somebody changed one of them; train again from a clean tree`,
  )
}
