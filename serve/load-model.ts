import { evaluateDirectly } from '../pipeline/predicting/evaluator.ts'
import { type LoadedBundle, type LoadOptions, loadBundle } from '../pipeline/tracking/bundle.ts'
import type { ServerSettings } from './settings.ts'
import { warmUp } from './warm-up.ts'

/**
 * Loads a bundle as the settings say, and proves that it predicts as it should: `direct` computes what it can by itself and leaves the rest to the backend that trained,
 * the others are backends of TensorFlow.js. Throws InputError for a bundle that is not what its manifest says, Error for one that predicts otherwise than when it was made.
 */
export async function loadModel(
  dir: string,
  { MERGELINE_BACKEND: backend }: Pick<ServerSettings, 'MERGELINE_BACKEND'>,
  say: (line: string) => void,
): Promise<LoadedBundle> {
  const options: LoadOptions = backend === 'direct' ? { evaluator: evaluator(say) } : { backend }
  const bundle = await loadBundle(dir, options)
  warmUp(bundle)
  return bundle
}

const evaluator =
  (say: (line: string) => void): Exclude<LoadOptions['evaluator'], undefined> =>
  (model, tensorflow) => {
    const made = evaluateDirectly(model, tensorflow)
    if (made.why) say(`this model cannot be computed directly, TensorFlow.js does it: ${made.why}`)
    return made
  }
