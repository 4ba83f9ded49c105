import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Backend, backends } from '../../pipeline/backend.ts'
import { isNativeHere } from '../../pipeline/native.ts'
import { loadParams } from '../../pipeline/params.ts'
import { build, link } from '../../pipeline/task/model.ts'
import { useBackend } from '../../pipeline/tensorflow.ts'
import { fit } from '../../pipeline/training/fit.ts'
import type { Bench } from '../benches.ts'
import { rounded } from '../measure.ts'
import { installPeers } from '../python-peers.ts'
import { trainedBy } from './peers.ts'
import { makeTask, type Task, type Trained } from './task.ts'

/** The same network, data, epochs and batches by our backends, Keras and scikit-learn, each on one thread. */
export const training: Bench = {
  describe: 'CPU time and loss of a training on each backend, against Keras and scikit-learn',
  async run({ quick, say }) {
    const tasks = quick ? [makeTask([8], 256, 2)] : [makeTask([64, 32], 4096, 10), makeTask([512, 512, 512], 1024, 2)]
    const keras = quick ? 'not asked for' : await installPeers('training', 'Keras is installed', say)
    const folder = await mkdtemp(join(tmpdir(), 'mergeline-training-'))
    try {
      const rows = []
      for (const task of tasks) {
        const file = join(folder, 'task.json')
        await writeFile(file, JSON.stringify({ ...task, rows: task.rows.map((row) => [...row]) }))
        const found: [string, Trained][] = []
        for (const backend of backends.filter((name) => name !== 'native' || isNativeHere())) {
          say(`training: ${task.name}: ${backend}`)
          found.push([`ours, ${backend}`, await trainedHere(task, backend)])
        }
        for (const peer of ['keras', 'sklearn'] as const) {
          if (peer === 'keras' ? keras !== undefined : quick) continue
          say(`training: ${task.name}: ${peer}`)
          found.push([peer === 'keras' ? 'Keras 3 on JAX' : 'scikit-learn', await trainedBy(peer, file)])
        }
        const least = Math.min(...found.map(([, { cpu }]) => cpu))
        for (const [who, { cpu, loss }] of found)
          rows.push({
            network: task.name,
            who,
            'CPU s': rounded(cpu, 2),
            'of the fastest': `${rounded(cpu / least, 1)} ×`,
            'loss of the last epoch': rounded(loss, 4),
          })
      }
      return {
        title: 'One training, one thread each: CPU time with all compilation, mean squared error over the last epoch',
        rows,
        notes: [
          'Adam, batches of 64, learning rate 0.005 falling by half a cosine; scikit-learn’s falls once an epoch. Noise alone is 0.01.',
          ...(isNativeHere() ? [] : ['native is not here, so it is not measured: `npm run native` makes it.']),
          ...(keras && !quick ? [`Keras is not to be had: ${keras}`] : []),
        ],
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}

async function trainedHere({ rows, targets, hidden, epochs, batch, rate }: Task, backend: Backend): Promise<Trained> {
  await useBackend(backend)
  const params = loadParams(join(import.meta.dirname, '../..')).train
  const settings = {
    ...params,
    network: { hidden, initializer: 'he_normal' as const, learning_rate: rate, l2: 0 },
    epochs,
    batch_size: batch,
    patience: epochs,
  }
  // `fit` takes targets in their own units.
  const matrix = { rows, targets: targets.map(link.fromModel) }
  // One batch as validation: it is asked for after each epoch, and is not what is measured here.
  const validation = { rows: rows.slice(0, batch), targets: matrix.targets.slice(0, batch) }
  const model = build(rows[0]?.length ?? 0, settings.network, 1)
  const before = process.cpuUsage()
  const { epochs: told } = await fit(model, matrix, { validation, onEpoch: () => {} }, settings)
  const { user, system } = process.cpuUsage(before)
  model.dispose()
  return { cpu: (user + system) / 1e6, loss: told.at(-1)?.loss ?? Number.NaN }
}
