import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { InputError, RefusedError } from '../errors.ts'
import { writeWhole } from '../files.ts'
import { uploadFolder } from '../tracking/artifacts.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import { type ModelVersion, registerVersion, versionOfDigest, versionUrl } from '../tracking/registry.ts'
import { committed } from './committed.ts'
import type { Context } from './context.ts'
import { datasheetOf } from './datasheet.ts'
import { type EvaluatedGate, evaluateGate } from './evaluate-gate.ts'
import { keep } from './kept.ts'
import { modelCardOf } from './model-card.ts'
import { connect } from './tracking.ts'

export type Registered = {
  readonly model: string
  /** Its number in MLflow, and the page there; absent where there is no MLflow. */
  readonly version?: number
  readonly url?: string
  readonly digest: string
  /** False when this digest was registered before. */
  readonly created: boolean
  readonly gate: string
  /** Where the model store keeps it; absent where there is none, or it could not. */
  readonly storeUrl?: string
  /** The model card and the datasheet on this machine. */
  readonly card: string
  readonly datasheet: string
}

/**
 * The step `register`: keeps the trained model for good, in the model store and as a model version in MLflow, as far as there are these, once the gate has passed it against
 * the champion of today. The gate's result is taken from an earlier command when candidate, champion and policy are the same. Throws RefusedError when the gate does not
 * pass, InputError when neither could keep it.
 */
export async function register(context: Context): Promise<Registered> {
  const { root, params, say } = context
  const commit = await committed(root, 'register')
  const mlflow = await connect(context)
  const judged = await evaluateGate(context)
  const { gate, candidate } = judged
  const short = candidate.digest.slice(0, 19)
  if (gate.result !== 'pass' && gate.result !== 'unchanged') {
    throw new RefusedError(
      `register: the gate says ${gate.result} to ${short}, so it is not registered; why: ${judged.report.html}`,
    )
  }
  const { model } = params.register
  const { card, datasheet } = await writeCards(context, judged, commit)
  const stored = await keepInStore(context, judged, { card, datasheet }, mlflow !== null)
  const known = mlflow && (await versionOfDigest(mlflow, model, candidate.digest))
  const version = mlflow && (known ?? (await registerNew(context, mlflow, judged, card, commit)))
  const created = mlflow ? known === null : (stored?.created ?? false)
  say(`register: ${model}${version ? ` v${version.version}` : ''} is ${short}${created ? '' : ', registered before'}`)
  const registered = {
    model,
    ...(mlflow && version ? { version: version.version, url: versionUrl(mlflow, version) } : {}),
    digest: candidate.digest,
    created,
    gate: gate.result,
    ...(stored ? { storeUrl: stored.url } : {}),
    card,
    datasheet,
  }
  await keep(root, 'register', candidate.digest, registered)
  return registered
}

type Cards = Pick<Registered, 'card' | 'datasheet'>

/** Commit, gate, card and datasheet of a model are those of its first registration: neither store nor MLflow replaces what it has. */
async function writeCards(context: Context, judged: EvaluatedGate, commit: string): Promise<Cards> {
  const { candidate } = judged
  const folder = join(context.root, '.mergeline', 'cards', candidate.digest.replace(':', '-'))
  const files = { card: join(folder, 'model-card.md'), datasheet: join(folder, 'datasheet.md') }
  await writeWhole(files.card, await modelCardOf(context, judged, commit))
  await writeWhole(files.datasheet, await datasheetOf(context, candidate))
  return files
}

/** Where MLflow keeps the model as well, a store that cannot is told of; where it is the only one, that is an error. */
async function keepInStore({ store, say }: Context, { candidate }: EvaluatedGate, cards: Cards, elsewhere: boolean) {
  if (!store) {
    if (elsewhere) return undefined
    throw new InputError(
      'register: there is neither MLflow nor a model store, and the model would be lost; set MLFLOW_TRACKING_URI, or give the action a token',
    )
  }
  try {
    const { digest, folder } = candidate
    const [card, datasheet] = [await readFile(cards.card, 'utf8'), await readFile(cards.datasheet, 'utf8')]
    return await store.keep({ digest, folder, card, datasheet })
  } catch (error) {
    if (!elsewhere || !(error instanceof InputError)) throw error
    say(`register: ${store.name} does not keep it, MLflow alone does: ${error.message}`)
    return undefined
  }
}

/** The card comes first: a version that is there has its card. */
async function registerNew(
  { params }: Context,
  mlflow: Mlflow,
  { candidate, gate }: EvaluatedGate,
  card: string,
  commit: string,
): Promise<ModelVersion> {
  const { run: runId, digest, fingerprint } = candidate
  if (runId === undefined) throw new Error('a training that MLflow has not logged cannot be a model version there')
  await uploadFolder(mlflow, runId, dirname(card), 'card')
  return registerVersion(mlflow, {
    model: params.register.model,
    digest,
    runId,
    description: await readFile(card, 'utf8'),
    tags: { 'mergeline.fingerprint': fingerprint, 'mergeline.commit': commit, 'mergeline.gate': gate.result },
  })
}
