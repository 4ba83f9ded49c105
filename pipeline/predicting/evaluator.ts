import type { layers } from '../tensorflow.ts'
import type { Evaluate } from '../tracking/bundle.ts'
import { createForward } from './forward.ts'
import { readNetwork } from './network.ts'

/**
 * Computes a network without TensorFlow.js where it is one that is known here: a call of TensorFlow.js costs as much as some ten rows of a small network. Batches of more
 * than `most` multiplications go to TensorFlow.js, whose WASM kernels work on four numbers at once. `npm run bench -- backends` measures where that pays.
 * Elsewhere everything goes to TensorFlow.js, and the backend's name says why.
 */
export function evaluateDirectly(
  model: layers.LayersModel,
  tensorflow: Evaluate,
  most = 100_000,
): { readonly backend?: string; readonly why?: string; readonly evaluate: Evaluate } {
  const network = readNetwork(model)
  if (typeof network === 'string') return { why: network, evaluate: tensorflow }
  const forward = createForward(network)
  return {
    backend: 'direct',
    evaluate: (rows) => (rows.length * network.multiplications <= most ? forward(rows) : tensorflow(rows)),
  }
}
