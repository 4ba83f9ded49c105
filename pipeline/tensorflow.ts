/**
 * The only import of TensorFlow.js: backends are chosen here, and nothing else in the repository knows where the kernels come from.
 */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import * as layers from '@tensorflow/tfjs-layers'

export { layers, tf }
export type Backend = 'wasm' | 'cpu'

/** Makes `backend` the one that computes. Throws when its kernels cannot be loaded. */
export async function useBackend(backend: Backend): Promise<void> {
  if (tf.getBackend() === backend) return
  if (backend === 'wasm') {
    setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`)
  }
  // TensorFlow.js tells of its speed on the console of every process; that is no news to our users.
  tf.env().set('PROD', true)
  if (!(await tf.setBackend(backend)))
    throw new Error(`TensorFlow.js backend ${backend} did not start; set train.backend in params.yaml to cpu`)
  await tf.ready()
}
