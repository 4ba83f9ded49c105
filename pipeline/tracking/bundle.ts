import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Algorithm } from '../algorithm.ts'
import type { Backend } from '../backend.ts'
import { type FittedFeatures, transformRecord } from '../features/feature.ts'
import { isNativeHere } from '../native.ts'
import { inputsOf } from '../predicting/inputs.ts'
import { link } from '../task/model.ts'
import { type TaskRecord, target } from '../task/record.ts'
import { type layers, tf, useBackend } from '../tensorflow.ts'
import { digestOf, type Manifest, verifyBundle } from './manifest.ts'
import { jsonOf, modelFiles, readModel, type Which } from './model-files.ts'

/** Around a prediction, on the link's scale: what happens lies between prediction + below and prediction + above in this share (0 to 1) of all records. */
export type Interval = {
  readonly coverage: number
  readonly below: number
  readonly above: number
  /** How many records it was calibrated on: by the judged model, which had not learnt from them. */
  readonly records: number
}

/** How the served model's predictions were distributed on its reference records, the test window of its training. */
export type Profile = {
  /** 19 inner edges of 20 bins with equally many reference predictions, ascending, in units of the target. */
  readonly quantiles: readonly number[]
  /** Edges that several reference predictions share, with the shares (0 to 1) of all that are below them, and up to them; absent where there are none. */
  readonly ties?: readonly { readonly value: number; readonly below: number; readonly upTo: number }[]
  /** Predictions outside are called out of range: the reference range, widened by half its span. */
  readonly minimum: number
  readonly maximum: number
  readonly records: number
  /** Absent where classes are predicted, or too few records were there to calibrate it. */
  readonly interval?: Interval
}

/** Reference records with what the served model predicted when it was made: the smoke test of every server. */
export type Golden = { readonly record: TaskRecord; readonly prediction: number }

export type BundleParts = {
  readonly manifest: Omit<Manifest, 'files' | 'format'>
  /** What is served. */
  readonly model: layers.LayersModel
  readonly fitted: FittedFeatures
  /** What was judged in its place; with `manifest.refit`, and never without. */
  readonly judged?: Pick<Predictor, 'model' | 'fitted'>
  readonly recordSchema: object
  readonly profile: Profile
  readonly golden: readonly Golden[]
  /** MLflow's own description, so that its page shows the schema. */
  readonly mlmodel: string
}

/** Writes a bundle to `dir` (beside it first, then renamed; an older one there is replaced) and returns its digest. */
export async function writeBundle(dir: string, parts: BundleParts): Promise<string> {
  const { judged } = parts
  const files: { [file: string]: Buffer } = {
    MLmodel: Buffer.from(parts.mlmodel),
    'golden.jsonl': Buffer.from(parts.golden.map((line) => `${JSON.stringify(line)}\n`).join('')),
    'profile.json': jsonOf(parts.profile),
    'record.schema.json': jsonOf(parts.recordSchema),
    ...(await modelFiles('served', parts)),
    ...(judged ? await modelFiles('judged', judged) : {}),
  }
  const listed = Object.entries(files)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, bytes]) => [file, { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }])
  const manifest = jsonOf({ format: 1, ...parts.manifest, files: Object.fromEntries(listed) })
  const beside = join(dirname(dir), `.bundle-${randomBytes(6).toString('hex')}`)
  try {
    await mkdir(beside, { recursive: true })
    for (const [file, bytes] of Object.entries({ ...files, 'manifest.json': manifest }))
      await writeFile(join(beside, file), bytes)
    await rm(dir, { recursive: true, force: true })
    await rename(beside, dir)
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
  return digestOf(manifest)
}

export type LoadedBundle = {
  readonly digest: string
  readonly manifest: Manifest
  readonly recordSchema: object
  readonly profile: Profile
  readonly golden: readonly Golden[]
  /** What computes its predictions: a backend of TensorFlow.js, or what `LoadOptions.evaluator` says of itself. */
  readonly backend: string
  /** Records that match the bundle's schema → predictions in units of the target, within its bounds. One batch. */
  readonly predict: (records: readonly TaskRecord[]) => number[]
  readonly dispose: () => void
}

/** Rows of features → the network's numbers, one a row, on the link's scale. */
export type Evaluate = (rows: readonly Float32Array[]) => Float32Array

export type LoadOptions = {
  /** `judged`: what predicts is the model that had not learnt from the records after the manifest's window. The served one when absent. */
  readonly which?: Which
  /** Another backend of TensorFlow.js than the one that the model was trained on. */
  readonly backend?: Backend | undefined
  /** Another way to compute the network than TensorFlow.js, which it is given as well. */
  readonly evaluator?: (
    model: layers.LayersModel,
    tensorflow: Evaluate,
  ) => { readonly backend?: string; readonly evaluate: Evaluate }
}

/** Verifies a bundle, then loads it on the backend that it was trained on, or on wasm where that is native and not here. Throws InputError when it is not what its manifest says. */
export async function loadBundle(dir: string, options: LoadOptions = {}): Promise<LoadedBundle> {
  const { digest, manifest } = await verifyBundle(dir)
  // What trained it may not be here; predictions are the same to 1e-5, which the golden records prove.
  const trained = manifest.backend === 'native' && !isNativeHere() ? 'wasm' : manifest.backend
  const tensorflow = options.backend ?? trained
  await useBackend(tensorflow)
  const json = async (file: string) => JSON.parse(await readFile(join(dir, file), 'utf8'))
  const { model, fitted } = await readModel(dir, manifest.refit ? (options.which ?? 'served') : 'served')
  const { algorithm = 'perceptron' } = manifest
  const golden = (await readFile(join(dir, 'golden.jsonl'), 'utf8')).trimEnd().split('\n')
  const own = (rows: readonly Float32Array[]) => evaluate(model, rows)
  const evaluator = options.evaluator?.(model, own) ?? { evaluate: own }
  return {
    digest,
    manifest,
    recordSchema: await json('record.schema.json'),
    profile: await json('profile.json'),
    golden: golden.map((line) => JSON.parse(line)),
    backend: evaluator.backend ?? tensorflow,
    predict: (records) => (records.length === 0 ? [] : inUnits(evaluator.evaluate(rowsOf(algorithm, fitted, records)))),
    dispose: () => model.dispose(),
  }
}

/** What predictions are made with: a network, and what features have learnt. */
export type Predictor = {
  readonly algorithm: Algorithm
  readonly fitted: FittedFeatures
  readonly model: layers.LayersModel
}

/** Records → predictions in units of the target. */
export function predict({ model, fitted, algorithm }: Predictor, records: readonly TaskRecord[]): number[] {
  if (records.length === 0) return []
  return inUnits(evaluate(model, rowsOf(algorithm, fitted, records)))
}

function rowsOf(algorithm: Algorithm, fitted: FittedFeatures, records: readonly TaskRecord[]): Float32Array[] {
  const inputs = inputsOf(algorithm)
  return records.map((record) => transformRecord(inputs, fitted, record))
}

/** The network's numbers in units of the target, within its bounds. What overflowed stays so: no number is better than one made up. */
export const inUnits = (output: Float32Array): number[] =>
  Array.from(output, (value) => {
    const told = link.fromModel(value)
    return told === Number.POSITIVE_INFINITY ? told : Math.min(target.maximum, Math.max(target.minimum, told))
  })

function evaluate(model: layers.LayersModel, rows: readonly Float32Array[]): Float32Array {
  return tf.tidy(() => {
    const input = tf.tensor2d(flatten(rows), [rows.length, rows[0]?.length ?? 0])
    return (model.predict(input) as tf.Tensor).dataSync() as Float32Array
  })
}

/** Rows of equal length → one array, row after row. */
export function flatten(rows: readonly Float32Array[]): Float32Array {
  const width = rows[0]?.length ?? 0
  const flat = new Float32Array(rows.length * width)
  rows.forEach((row, index) => {
    flat.set(row, index * width)
  })
  return flat
}
