import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import type { FittedFeatures } from '../features/feature.ts'
import { layers, tf } from '../tensorflow.ts'

/** Which of a bundle's two models, where what is served was fitted again after the judgement; else they are one. */
export type Which = 'served' | 'judged'

/** A network, and what the features before it have learnt. */
type Model = { readonly model: layers.LayersModel; readonly fitted: FittedFeatures }

/** The files of one model in a bundle, by their names: the same model gives the same bytes. */
export async function modelFiles(which: Which, { model, fitted }: Model): Promise<{ [file: string]: Buffer }> {
  const { topology, weights } = await serialise(model, fileOf(which, 'weights.bin'))
  return {
    [fileOf(which, 'features.json')]: jsonOf(fitted),
    [fileOf(which, 'model.json')]: jsonOf(topology),
    [fileOf(which, 'weights.bin')]: weights,
  }
}

/** Reads one model of a bundle that was verified. Throws InputError where its files, which are what the manifest says, are no model. */
export async function readModel(dir: string, which: Which): Promise<Model> {
  const read = (name: string) => readFile(join(dir, fileOf(which, name)))
  const [topology, weights, fitted] = await Promise.all(['model.json', 'weights.bin', 'features.json'].map(read))
  const json = (bytes: Buffer | undefined) => JSON.parse(String(bytes))
  try {
    return { model: await deserialise(json(topology), weights as Buffer), fitted: json(fitted) }
  } catch (cause) {
    throw new InputError(
      `bundle ${dir}: ${fileOf(which, 'model.json')}, with its weights and features, is no model that can be read (${(cause as Error).message}); train it anew with \`npm run train\``,
      { cause },
    )
  }
}

/** JSON as bundles hold it. */
export const jsonOf = (value: unknown) => Buffer.from(`${JSON.stringify(value, null, 1)}\n`)

const fileOf = (which: Which, name: string) => (which === 'judged' ? `judged-${name}` : name)

// TensorFlow.js's own layers format, so that any of its tools can open model.json and weights.bin.
async function serialise(model: layers.LayersModel, path: string): Promise<{ topology: object; weights: Buffer }> {
  let artifacts: tf.io.ModelArtifacts | undefined
  const keep = async (made: tf.io.ModelArtifacts) => {
    artifacts = made
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const } }
  }
  await model.save(tf.io.withSaveHandler(keep))
  if (!artifacts?.weightData || !artifacts.weightSpecs) throw new Error('TensorFlow.js saved no weights')
  const weights = Buffer.from(tf.io.CompositeArrayBuffer.join(artifacts.weightData))
  const topology = {
    format: 'layers-model',
    modelTopology: artifacts.modelTopology,
    weightsManifest: [{ paths: [path], weights: artifacts.weightSpecs }],
  }
  return { topology, weights }
}

async function deserialise(topology: Topology, weights: Buffer): Promise<layers.LayersModel> {
  const weightSpecs = topology.weightsManifest.flatMap((group) => group.weights)
  const weightData = new Uint8Array(weights).buffer
  return layers.loadLayersModel(tf.io.fromMemory({ modelTopology: topology.modelTopology, weightSpecs, weightData }))
}

type Topology = {
  readonly modelTopology: object
  readonly weightsManifest: readonly { readonly weights: tf.io.WeightsManifestEntry[] }[]
}
