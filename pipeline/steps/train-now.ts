import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { dataHash } from '../data/dvc.ts'
import { InputError } from '../errors.ts'
import { amount } from '../evaluation/wording.ts'
import { writeWhole } from '../files.ts'
import type { Fingerprint } from '../tracking/fingerprint.ts'
import type { Epoch, Pass } from '../training/algorithms/algorithm.ts'
import { makeBundle } from '../training/make-bundle.ts'
import { stopping } from '../training/stopping.ts'
import type { Context } from './context.ts'
import { type FinishedTraining, toldFile, trainingFolder } from './finished-training.ts'

/**
 * Trains into `.mergeline/trainings/<fingerprint>/`; `training.json` is written last, so what it tells of is whole.
 * Throws InputError when the data changed meanwhile.
 */
export async function trainNow(
  { root, params, progress }: Context,
  { fingerprint, parts }: Fingerprint,
): Promise<FinishedTraining> {
  const folder = trainingFolder(root, fingerprint)
  const bundle = join(folder, 'bundle')
  const started = performance.now()
  const before = process.cpuUsage()
  await removeUnfinished(folder)
  const made = await makeBundle(
    join(root, 'data'),
    params.train,
    bundle,
    (epoch) => progress(lineOf(epoch, params.train.epochs)),
    (pass) => progress(refitLineOf(pass)),
  )
  if ((await dataHash(root)) !== parts.data) {
    throw new InputError('train: data/ changed while it was read; nothing was kept, run the same command again')
  }
  const { user, system } = process.cpuUsage(before)
  const tenths = (milliseconds: number) => Math.round(milliseconds / 100) / 10
  const told = {
    ...made,
    seconds: tenths(performance.now() - started),
    // Beside the bundle: the same training takes another time, and has the same digest.
    cpuSeconds: tenths((user + system) / 1000),
  }
  await writeWhole(join(folder, toldFile), JSON.stringify(told))
  return { ...told, folder, bundle }
}

/** A training that was killed while it wrote has left what it wrote beside the bundle; nobody else writes there now. */
async function removeUnfinished(folder: string): Promise<void> {
  const present = await readdir(folder).catch(() => [])
  for (const name of present.filter((name) => name.startsWith('.bundle-')))
    await rm(join(folder, name), { recursive: true, force: true })
}

const refitLineOf = ({ epoch, loss }: Pass) =>
  `train: fitting what is served to all records: epoch ${epoch}, loss ${loss.toFixed(4)}`

function lineOf({ epoch, loss, validationError }: Epoch, epochs: number): string {
  const filled = Math.round((20 * epoch) / epochs)
  const bar = '█'.repeat(filled) + '░'.repeat(20 - filled)
  return `train: ${bar} epoch ${epoch}/${epochs}, loss ${loss.toFixed(4)}, validation ${stopping.name} ${amount(validationError)}`
}
