import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dataHash } from '../data/dvc.ts'
import { InputError } from '../errors.ts'
import { writeWhole } from '../files.ts'
import type { Fingerprint } from '../tracking/fingerprint.ts'
import { verifyBundle } from '../tracking/manifest.ts'
import type { Epoch } from '../training/fit.ts'
import { type Made, makeBundle } from '../training/make-bundle.ts'
import type { Context } from './context.ts'

export type MadeOnce = Made & {
  /** The bundle's folder. */
  readonly bundle: string
  /** Epochs trained now: 0 when an earlier command had finished this training already. */
  readonly trained: number
  readonly seconds: number
}

/**
 * Trains into `.mergeline/trainings/<fingerprint>/`, or finds there what an earlier command has finished; `training.json` is written last,
 * so what it tells of is whole.
 */
export async function trainOnce(
  { root, params, say, progress }: Context,
  { fingerprint, parts }: Fingerprint,
): Promise<MadeOnce> {
  const { bundle, told } = placeOf(root, fingerprint)
  const earlier = await finished(told, bundle)
  if (earlier) {
    say('train: this training was finished before and only not logged yet: 0 epochs')
    return { ...earlier, bundle, trained: 0 }
  }
  const started = performance.now()
  const made = await makeBundle(join(root, 'data'), params.train, bundle, (epoch) =>
    progress(lineOf(epoch, params.train.epochs)),
  )
  if ((await dataHash(root)) !== parts.data) {
    throw new InputError('train: data/ changed while it was read; nothing was kept, run the same command again')
  }
  const seconds = Math.round((performance.now() - started) / 100) / 10
  await writeWhole(told, JSON.stringify({ ...made, seconds }))
  return { ...made, seconds, bundle, trained: made.epochs.length }
}

/** The epochs of a training that was done on this machine; none when it was done elsewhere. */
export async function historyOf(root: string, { fingerprint }: Fingerprint): Promise<readonly Epoch[]> {
  const { told, bundle } = placeOf(root, fingerprint)
  return (await finished(told, bundle))?.epochs ?? []
}

function placeOf(root: string, fingerprint: string) {
  const dir = join(root, '.mergeline', 'trainings', fingerprint.replace(':', '-'))
  return { bundle: join(dir, 'bundle'), told: join(dir, 'training.json') }
}

async function finished(told: string, bundle: string): Promise<(Made & { seconds: number }) | undefined> {
  try {
    const made = JSON.parse(await readFile(told, 'utf8')) as Made & { seconds: number }
    return (await verifyBundle(bundle)).digest === made.digest ? made : undefined
  } catch {
    return undefined // Never finished, or not whole any more: train again.
  }
}

function lineOf({ epoch, loss, validationMae }: Epoch, epochs: number): string {
  const filled = Math.round((20 * epoch) / epochs)
  const bar = '█'.repeat(filled) + '░'.repeat(20 - filled)
  return `train: ${bar} epoch ${epoch}/${epochs}, loss ${loss.toFixed(4)}, validation MAE ${validationMae.toFixed(2)}`
}
