import { InputError } from '../errors.ts'
import type { Fingerprint } from '../tracking/fingerprint.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import { MlflowError } from '../tracking/mlflow-error.ts'
import type { Run } from '../tracking/runs.ts'
import type { Context } from './context.ts'
import type { Recorded } from './elsewhere.ts'
import { type FinishedTraining, finishedTraining, placeFor } from './finished-training.ts'
import { fetchTraining } from './log-training.ts'

/** An earlier training, now on this machine, or why there is none to reuse. */
type Reused =
  | { readonly made: FinishedTraining; readonly source: string; readonly vouched: boolean }
  | { readonly why: string }

/**
 * Finds a finished training of this fingerprint: on this machine, where the entry looks (`recorded`), in MLflow where that is believed, in this order: a record that nobody
 * can change comes before one that whoever has the server's token can write. With trust `recorded`, this machine is believed only for the expected digest and for this run's own. What cannot be used is a reason, not an error; throws MlflowError when MLflow breaks off.
 */
export async function reuse(
  context: Context,
  taken: Fingerprint,
  mlflow: Mlflow | null,
  known: Run | null,
): Promise<Reused> {
  const { root, recorded, trust = 'mlflow', expected, ownDigests = [] } = context
  const made = await finishedTraining(root, taken.fingerprint)
  const believed = made && (trust === 'mlflow' || made.digest === expected || ownDigests.includes(made.digest))
  if (believed) return { made, source: 'this machine', vouched: true }
  const found = recorded && (await bringRecorded(root, taken, recorded))
  if (found && 'made' in found) return found
  const reasons = made ? [`this machine has ${made.digest.slice(0, 19)}, but not from this run`] : []
  if (found) reasons.push(found.why)
  if (mlflow && known && trust === 'mlflow') {
    const logged = await fetchTraining(root, taken, mlflow, known).catch(reasonOf)
    if (typeof logged !== 'string') return { made: logged, source: 'MLflow', vouched: false }
    reasons.push(logged)
  }
  if (mlflow && !known) reasons.push('MLflow has no run with this fingerprint')
  if (reasons.length === 0) reasons.push('nothing on this machine has this fingerprint')
  return { why: reasons.join('; ') }
}

async function bringRecorded(root: string, { fingerprint }: Fingerprint, recorded: Recorded): Promise<Reused> {
  await using place = await placeFor(root, fingerprint)
  const found = await recorded(fingerprint, place.folder)
  if ('why' in found) return found
  const made = await place.accept(found.digest).catch(reasonOf)
  if (typeof made === 'string') return { why: `what ${found.from} has cannot be used: ${made}` }
  return { made, source: found.from, vouched: found.vouched }
}

function reasonOf(error: unknown): string {
  if (error instanceof InputError && !(error instanceof MlflowError)) return error.message
  throw error
}
