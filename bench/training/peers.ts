import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Trained } from './task.ts'

const root = join(import.meta.dirname, '../..')
const scripts = join(import.meta.dirname, 'peers')
const environment = join(root, '.mergeline', 'setup', 'training-peers')

/** Keras, on JAX, in an environment of its own, pinned with hashes. Returns why it is not to be had, or nothing. */
export async function installKeras(say: (line: string) => void): Promise<string | undefined> {
  const uv = join(root, '.mergeline', 'setup', 'uv', 'bin', 'uv')
  if (!existsSync(uv)) return 'uv is not there: run `npm run setup` first'
  try {
    if (!existsSync(join(environment, 'bin', 'python'))) await execa(uv, ['venv', '--quiet', environment])
    say('training: Keras is installed (cached after the first time)')
    const lock = join(scripts, 'requirements.txt')
    await execa(uv, ['pip', 'sync', '--quiet', '--python', environment, '--require-hashes', lock])
    return undefined
  } catch (error) {
    return (error as Error).message.split('\n').slice(0, 3).join(' ')
  }
}

/** Has a peer train a task file, on one thread, as ours do. */
export async function trainedBy(peer: 'keras' | 'sklearn', task: string): Promise<Trained> {
  // scikit-learn comes with MLflow.
  const python = join(peer === 'keras' ? environment : join(root, '.venv'), 'bin', 'python')
  const env = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' }
  const { stdout } = await execa(python, [join(scripts, `${peer}_fit.py`), task], { env })
  return JSON.parse(stdout.split('\n').at(-1) ?? '') as Trained
}
