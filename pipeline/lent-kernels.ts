import * as tf from '@tensorflow/tfjs-core'

/** What the gradients of convolutions and embeddings need, and the WASM backend of TensorFlow.js 4.22 has not. */
const lacking = [
  'Conv2DBackpropFilter',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
  'UnsortedSegmentSum',
]

/**
 * Lends the kernels that the WASM backend lacks from the CPU backend, so that networks of all layers train on it. Each call copies its tensors there and back. Of a later
 * TensorFlow.js that has one of them, its own is kept.
 */
export function lendKernels(): void {
  for (const kernelName of lacking) {
    const own = tf.getKernel(kernelName, 'cpu')
    if (!own || tf.getKernel(kernelName, 'wasm')) continue
    tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: lent(own) })
  }
}

function lent(own: tf.KernelConfig): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const [wasm, cpu] = [backend as tf.KernelBackend, tf.findBackend('cpu')]
    const there = Object.entries(inputs).map(([name, tensor]) => [name, moved(tensor as tf.TensorInfo, wasm, cpu)])
    const made = own.kernelFunc({ inputs: Object.fromEntries(there), backend: cpu, ...(attrs && { attrs }) })
    const here = [made].flat().map((tensor) => {
      const output = moved(tensor, cpu, wasm)
      cpu.disposeData(tensor.dataId)
      return output
    })
    for (const [, tensor] of there) cpu.disposeData((tensor as tf.TensorInfo).dataId)
    return Array.isArray(made) ? here : (here[0] as tf.TensorInfo)
  }
}

/** The same tensor in the memory of another backend. */
function moved({ dataId, shape, dtype }: tf.TensorInfo, from: tf.KernelBackend, to: tf.KernelBackend): tf.TensorInfo {
  return { dataId: to.write(from.readSync(dataId), shape, dtype), shape, dtype }
}
