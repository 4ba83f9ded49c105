import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import util from 'node:util'
import { InputError } from './errors.ts'

const folder = join(import.meta.dirname, '../setup/native')
const packages = join(folder, 'node_modules/@tensorflow/tfjs-node')

/** Whether `npm run native` has made the backend here. */
export const isNativeHere = (): boolean => existsSync(join(packages, 'lib/napi-v8/tfjs_binding.node'))

/**
 * Registers TensorFlow's own kernels with TensorFlow.js, under its name `tensorflow`. Its package brings a copy of TensorFlow.js, which shares the engine of ours: the engine is global to the process.
 * Throws InputError where `npm run native` has not made them.
 */
export function loadNative(): void {
  if (!isNativeHere())
    throw new InputError(
      'backend native: its library is not here; make it with `npm run native` (Linux x64), or set another backend: train.backend in params.yaml, MERGELINE_BACKEND for a server',
    )
  // Still called by the package: gone from Node 23 on (github.com/tensorflow/tfjs/issues/8609), and deprecated with a warning.
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined })
  Object.assign(util, { isArray: Array.isArray })
  // One thread and no reordered sums: the same training gives the same bits. And no news of its own on standard error.
  const settings = { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1', TF_ENABLE_ONEDNN_OPTS: '0' }
  // biome-ignore lint/style/noProcessEnv: the library reads its settings from nowhere else
  Object.assign(process.env, settings, { TF_CPP_MIN_LOG_LEVEL: '2' })
  createRequire(join(folder, 'package.json'))('@tensorflow/tfjs-node')
}
