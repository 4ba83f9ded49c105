import { join } from 'node:path'
import { execa } from 'execa'
import { peerEnvironment } from '../python-peers.ts'
import type { Trained } from './task.ts'

const root = join(import.meta.dirname, '../..')
const scripts = join(import.meta.dirname, 'peers')

/** Has a peer train a task file, on one thread, as ours do. */
export async function trainedBy(peer: 'keras' | 'sklearn', task: string): Promise<Trained> {
  // scikit-learn comes with MLflow.
  const python = join(peer === 'keras' ? peerEnvironment('training') : join(root, '.venv'), 'bin', 'python')
  const env = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' }
  const { stdout } = await execa(python, [join(scripts, `${peer}_fit.py`), task], { env })
  return JSON.parse(stdout.split('\n').at(-1) ?? '') as Trained
}
