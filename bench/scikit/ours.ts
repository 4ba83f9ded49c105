import { cp, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { logistic } from '../../pipeline/link.ts'
import type { Params } from '../../pipeline/params.ts'
import { tf, useBackend } from '../../pipeline/tensorflow.ts'
import type { fits } from '../../pipeline/training/algorithms/algorithms.ts'
import type { Split } from './data-sets.ts'

const root = join(import.meta.dirname, '../..')

// The task's amounts are no less than 0, and standardised ones are: they are told this far above, which the link takes off again.
const above = 1000

/** The algorithms as they are, for another task: of a copy of `pipeline/` in `folder`, where models learn standardised amounts, or for classes what the task of the example has them learn. */
export async function algorithmsFor(folder: string, classes: boolean): Promise<typeof fits> {
  for (const file of ['pipeline', 'package.json']) await cp(join(root, file), join(folder, file), { recursive: true })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const task = join(folder, 'pipeline/task')
  if (classes) await cp(join(root, 'examples/late-parcels/pipeline/task'), task, { recursive: true })
  else {
    await rename(join(task, 'model.ts'), join(task, 'network.ts'))
    const link = `{ toModel: (value: number) => value - ${above}, fromModel: (value: number) => value + ${above} }`
    await writeFile(
      join(task, 'model.ts'),
      `import type { Link } from '../link.ts'\nexport { build, loss } from './network.ts'\nexport const link: Link = ${link}\n`,
    )
  }
  return (await import(pathToFileURL(join(folder, 'pipeline/training/algorithms/algorithms.ts')).href)).fits
}

/** What one of our algorithms predicts for a split's test records: amounts as they are given, or probabilities. */
export async function predictedHere(
  fit: (typeof fits)['ridge'],
  { train, test }: Split,
  classes: boolean,
  params: Params['train'],
): Promise<number[]> {
  await useBackend(params.backend)
  const targets = classes ? train.targets : train.targets.map((amount) => amount + above)
  const matrix = { rows: train.rows.map((row) => Float32Array.from(row)), targets }
  // Training records are the validation records: scikit-learn sets none apart, and nobody is to stop early.
  const until = { validation: matrix, onEpoch: () => {} }
  const { model } = await fit(matrix, until, { ...params, patience: params.epochs })
  const output = tf.tidy(() => (model.predict(tf.tensor2d(test.rows as number[][])) as tf.Tensor).dataSync())
  model.dispose()
  return Array.from(output, (value) => (classes ? logistic.fromModel(value) : value))
}
