import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RefusedError } from '../errors.ts'
import { writeWhole } from '../files.ts'
import { uploadFolder } from '../tracking/artifacts.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import { type ModelVersion, registerVersion, versionOfDigest, versionUrl } from '../tracking/registry.ts'
import { committed } from './committed.ts'
import type { Context } from './context.ts'
import { type EvaluatedGate, evaluateGate } from './evaluate-gate.ts'
import { modelCardOf } from './model-card.ts'
import { connect } from './tracking.ts'

export type Registered = {
  readonly model: string
  readonly version: number
  readonly digest: string
  /** False when this digest was registered before. */
  readonly created: boolean
  readonly gate: string
  readonly url: string
  /** The model card on this machine; absent when the digest was registered before. */
  readonly card?: string
}

/**
 * The step `register`: makes the trained model a model version, once the gate has passed it against the champion of today. The gate's result is taken from an
 * earlier command when candidate, champion and policy are the same. Throws RefusedError when the gate does not pass.
 */
export async function register(context: Context): Promise<Registered> {
  const { root, params, say } = context
  const commit = await committed(root, 'register')
  const mlflow = await connect(context)
  const judged = await evaluateGate(context)
  const { gate, candidate } = judged
  if (gate.result !== 'pass' && gate.result !== 'unchanged') {
    throw new RefusedError(
      `register: the gate says ${gate.result} to ${candidate.digest.slice(0, 19)}, so it is not registered; why: ${judged.report.html}`,
    )
  }
  const { model } = params.register
  const known = await versionOfDigest(mlflow, model, candidate.digest)
  const version = known ?? (await registerNew(context, mlflow, judged, commit))
  say(
    `register: ${version.model} v${version.version} is ${candidate.digest.slice(0, 19)}${known ? ', registered before' : ''}`,
  )
  return {
    model: version.model,
    version: version.version,
    digest: candidate.digest,
    created: known === null,
    gate: gate.result,
    url: versionUrl(mlflow, version),
    ...(existsSync(cardOf(root, candidate.digest)) ? { card: cardOf(root, candidate.digest) } : {}),
  }
}

const cardOf = (root: string, digest: string) =>
  join(root, '.mergeline', 'cards', digest.replace(':', '-'), 'model-card.md')

/** The card comes first: a version that is there has its card. Commit, gate and card of a version are those of its first registration. */
async function registerNew(
  context: Context,
  mlflow: Mlflow,
  judged: EvaluatedGate,
  commit: string,
): Promise<ModelVersion> {
  const { candidate, gate } = judged
  const card = await modelCardOf(context, judged, commit)
  const file = cardOf(context.root, candidate.digest)
  await writeWhole(file, card)
  await uploadFolder(mlflow, candidate.run, dirname(file), 'card')
  return registerVersion(mlflow, {
    model: context.params.register.model,
    digest: candidate.digest,
    runId: candidate.run,
    description: card,
    tags: { 'mergeline.fingerprint': candidate.fingerprint, 'mergeline.commit': commit, 'mergeline.gate': gate.result },
  })
}
