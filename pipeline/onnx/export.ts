import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { InputError } from '../errors.ts'
import { writeWhole } from '../files.ts'
import { inputsOf } from '../predicting/inputs.ts'
import { target } from '../task/record.ts'
import type { layers } from '../tensorflow.ts'
import { inUnits, loadBundle } from '../tracking/bundle.ts'
import { featureNodes, type Input } from './features.ts'
import { createGraph } from './graph.ts'
import { networkNodes } from './network.ts'
import { unitNodes } from './units.ts'

export type Exported = {
  readonly output: string
  readonly bytes: number
  readonly digest: string
  readonly inputs: readonly Input[]
}

/**
 * A bundle → an ONNX file: records in, predictions in units of the target out (double, [n, 1], named after the target). Inputs are [n, values] and named as the record's fields; what of the
 * features ONNX has no operator for is an input of its own, and told. Throws InputError for a bundle that is not what its manifest says, and for a layer or link that is not expressed.
 */
export async function exportOnnx(dir: string, file: string): Promise<Exported> {
  if (!file.endsWith('.onnx')) throw new InputError(`--output must end in .onnx, got ${file}`)
  let model: layers.LayersModel | undefined
  const bundle = await loadBundle(dir, {
    evaluator(loaded, evaluate) {
      model = loaded
      return { evaluate }
    },
  })
  try {
    const { digest, manifest, recordSchema, golden } = bundle
    const graph = createGraph()
    const { algorithm = 'perceptron' } = manifest
    const fitted = JSON.parse(await readFile(join(dir, 'features.json'), 'utf8'))
    const samples = golden.map(({ record }) => record)
    const { rows, inputs } = featureNodes(graph, inputsOf(algorithm), fitted, recordSchema, samples)
    const number = networkNodes(graph, model as layers.LayersModel, rows)
    const prediction = unitNodes(graph, inUnits, target, graph.cast(number, 'double'))
    const computed = inputs.filter((input) => input.computed).map(({ name }) => name)
    const content = graph.model(
      prediction,
      { name: manifest.target, type: 'double', width: 1 },
      {
        'mergeline.digest': digest,
        'mergeline.computed': JSON.stringify(computed),
      },
    )
    const output = resolve(file)
    await writeWhole(output, content)
    return { output, bytes: content.length, digest, inputs }
  } finally {
    bundle.dispose()
  }
}

/** A network alone as an ONNX model: `rows` of features (float, [n, inputs]) → `output` (float, [n, 1]), on the link's scale. */
export function networkAsOnnx(model: layers.LayersModel): Buffer {
  const graph = createGraph()
  const rows = graph.input('rows', 'float', model.inputs[0]?.shape[1] ?? 'inputs')
  return graph.model(networkNodes(graph, model, rows), { name: 'output', type: 'float', width: 1 })
}
