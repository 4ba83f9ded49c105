import type { Algorithm } from '../algorithm.ts'
import { InputError } from '../errors.ts'
import { checkTrain, type Params } from '../params.ts'
import type { Trial } from '../training/search/methods.ts'

/** What is not for a search to choose, and why. */
const fixed: { readonly [key: string]: string } = {
  split: 'it says which records a search may see',
  seed: 'the best of many seeds is the luckiest one',
  refit: 'it changes what ships, not what is judged',
}

const hasEpochs: { readonly [algorithm in Algorithm]: boolean } = {
  perceptron: true,
  wide_and_deep: true,
  ridge: false,
  seasonal_naive: false,
}

/** The section `train` with a trial's values in it. Throws InputError for a key that it has not, that a search may not choose, or a value that is not allowed there. */
export function withPoint(train: Params['train'], { point, epochs }: Trial): Params['train'] {
  const made: { [key: string]: unknown } = structuredClone({ ...train, epochs })
  for (const [key, value] of Object.entries(point)) {
    const where = `params.yaml: search.space.${key}`
    const path = key.split('.')
    const [first = ''] = path
    if (Object.hasOwn(fixed, first)) throw new InputError(`${where}: cannot be searched: ${fixed[first]}; leave it out`)
    const last = path.pop() as string
    const parent = path.reduce<unknown>(
      (at, part) => (isMap(at) && Object.hasOwn(at, part) ? at[part] : undefined),
      made,
    )
    if (!isMap(parent) || !Object.hasOwn(parent, last) || isMap(parent[last]))
      throw new InputError(
        `${where}: is no setting of the section train of params.yaml; leave it out, or write it there`,
      )
    parent[last] = value
  }
  return checkTrain(made, 'params.yaml: search.space')
}

/** Throws InputError where successive halving would have a model stop early that has no epochs. */
export function requireEpochs({ algorithm }: Params['train'], method: string): void {
  if (method === 'successive_halving' && !hasEpochs[algorithm])
    throw new InputError(
      `params.yaml: search.method: successive_halving compares models after few epochs, and ${algorithm} has none; use grid or random`,
    )
}

const isMap = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
