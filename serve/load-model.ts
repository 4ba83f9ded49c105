import type { Backend } from '../pipeline/backend.ts'
import { evaluateDirectly } from '../pipeline/predicting/evaluator.ts'
import { currentBackend } from '../pipeline/tensorflow.ts'
import { type LoadedBundle, type LoadOptions, loadBundle } from '../pipeline/tracking/bundle.ts'
import type { ServerSettings } from './settings.ts'
import { warmUp } from './warm-up.ts'

/**
 * Makes what loads bundles as the settings say, and proves that it predicts as it should: `direct` computes what it can by itself and leaves the rest to the backend that trained,
 * the others are backends of TensorFlow.js. Throws InputError for a bundle that is not what its manifest says, Error for one that predicts otherwise than when it was made.
 */
export function createLoader(
  { MERGELINE_BACKEND: backend }: Pick<ServerSettings, 'MERGELINE_BACKEND'>,
  say: (line: string) => void,
): (dir: string) => Promise<LoadedBundle> {
  // The process has one backend of TensorFlow.js: the first bundle's stays, or the next one would take it from the one that is still asked.
  let own: Backend | undefined = backend === 'direct' ? undefined : backend
  return async (dir) => {
    const bundle = await loadBundle(dir, {
      ...(own && { backend: own }),
      ...(backend === 'direct' && { evaluator: evaluator(say) }),
    })
    own ??= currentBackend()
    warmUp(bundle)
    return bundle
  }
}

const evaluator =
  (say: (line: string) => void): Exclude<LoadOptions['evaluator'], undefined> =>
  (model, tensorflow) => {
    const made = evaluateDirectly(model, tensorflow)
    if (made.why) say(`this model cannot be computed directly, TensorFlow.js does it: ${made.why}`)
    return made
  }
