import { resolve } from 'node:path'
import { needed, type Verb } from './verb.ts'

/** The verb `export`: a bundle for runtimes that read ONNX. */
export const exportVerb = {
  what: 'write a model as ONNX, records in and predictions out, for other runtimes',
  more: [
    'Inputs are named as the fields of a record, [n, values] each; the output is named after the target. It needs a runtime of ONNX 1.15 (onnxruntime ≥ 1.17).',
    'Expressed are the features of pipeline/features/ of fields and of their log1p, log, sqrt and square; a feature that computes anything else is an input of its own, which is told and which the caller computes as pipeline/task/features.ts does. Records are not checked.',
    'A layer that is not expressed is refused by name.',
  ],
  options: {
    bundle: { type: 'string', value: 'folder', what: 'the model; `npm run train` names the folder of its bundle' },
    output: { type: 'string', value: 'file', what: 'where it goes; ends in .onnx' },
  },
  run: async (call) => {
    const { exportOnnx } = await import('../onnx/export.ts')
    const done = await exportOnnx(resolve(needed(call, 'export', 'bundle')), needed(call, 'export', 'output'))
    const named = (computed: boolean) =>
      done.inputs.filter((input) => input.computed === computed).map(({ name }) => name)
    const own = named(true)
    const text = [
      `${done.digest} written as ONNX: ${done.output}`,
      `inputs: ${named(false).join(', ')}`,
      ...(own.length > 0 ? [`computed by the caller, as pipeline/task/features.ts does: ${own.join(', ')}`] : []),
    ]
    return { code: 0, json: done, text: text.join('\n') }
  },
} as const satisfies Verb
