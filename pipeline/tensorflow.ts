/**
 * The only import of TensorFlow.js: backends are chosen here, and nothing else in the repository knows where the kernels come from.
 */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import * as layers from '@tensorflow/tfjs-layers'
import type { Initializer } from './algorithm.ts'
import type { Backend } from './backend.ts'
import { lendKernels } from './lent-kernels.ts'
import { loadNative } from './native.ts'

export { layers, tf }

/** Makes `backend` the one that computes. Throws when its kernels cannot be loaded, InputError where those of `native` were not made. */
export async function useBackend(backend: Backend): Promise<void> {
  const name = backend === 'native' ? 'tensorflow' : backend
  if (tf.getBackend() === name) return
  if (backend === 'wasm') {
    setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`)
    lendKernels()
  }
  // TensorFlow.js tells of its speed on the console of every process; that is no news to our users.
  tf.env().set('PROD', true)
  if (backend === 'native' && !tf.engine().backendNames().includes(name)) loadNative()
  if (!(await tf.setBackend(name)))
    throw new Error(`TensorFlow.js backend ${backend} did not start; set train.backend in params.yaml to cpu`)
  await tf.ready()
}

/** First weights of a hidden layer, the same for the same seed. */
export function initializer(name: Initializer, seed: number) {
  const { heNormal, glorotUniform } = layers.initializers
  return name === 'he_normal' ? heNormal({ seed }) : glorotUniform({ seed })
}

/** What computes now. */
export const currentBackend = (): Backend =>
  tf.getBackend() === 'tensorflow' ? 'native' : (tf.getBackend() as Backend)
