import { copyFile, mkdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { execa } from 'execa'

type Data = readonly number[] | Float32Array | Float64Array | Uint8Array | readonly string[]
type Tensor = { readonly data: ArrayLike<number>; readonly dims: readonly number[] }
type Runtime = {
  readonly Tensor: new (type: string, data: Data, dims: readonly number[]) => Tensor
  readonly InferenceSession: {
    readonly create: (model: Buffer | string) => Promise<{
      readonly inputNames: readonly string[]
      readonly run: (feeds: { readonly [name: string]: Tensor }) => Promise<{ readonly [name: string]: Tensor }>
    }>
  }
}

const pinned = join(import.meta.dirname, 'runtime')
const folder = join(import.meta.dirname, '../../.mergeline/setup/onnxruntime')

/** onnxruntime-node, which is installed the first time: no package of ours, for it holds every platform's library (290 MB). Its install script, which fetches more, is not run. */
export async function onnxruntime(): Promise<Runtime> {
  const read = (dir: string, file: string) => readFile(join(dir, file), 'utf8').catch(() => '')
  const lock = await read(pinned, 'package-lock.json')
  if ((await read(folder, 'installed.json')) !== lock) {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    for (const file of ['package.json', 'package-lock.json']) await copyFile(join(pinned, file), join(folder, file))
    await execa('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder })
    await copyFile(join(pinned, 'package-lock.json'), join(folder, 'installed.json'))
  }
  return createRequire(join(folder, 'package.json'))('onnxruntime-node') as Runtime
}

export type Width = { readonly name: string; readonly type: string }

/** Runs a model on records, as the columns that its inputs name; → its only output, row after row. */
export async function runOnnx(
  model: Buffer | string,
  inputs: readonly Width[],
  records: readonly object[],
): Promise<readonly number[]> {
  const { Tensor, InferenceSession } = await onnxruntime()
  const session = await InferenceSession.create(model)
  const feeds = inputs.map(({ name, type }) => {
    const values = records.flatMap((record) => (record as { readonly [name: string]: unknown })[name])
    const dims = [records.length, values.length / records.length]
    if (type === 'string') return [name, new Tensor('string', values as string[], dims)] as const
    if (type === 'bool') return [name, new Tensor('bool', Uint8Array.from(values as boolean[], Number), dims)] as const
    const numbers = values as number[]
    return type === 'float'
      ? ([name, new Tensor('float32', Float32Array.from(numbers), dims)] as const)
      : ([name, new Tensor('float64', Float64Array.from(numbers), dims)] as const)
  })
  const [output] = Object.values(await session.run(Object.fromEntries(feeds)))
  return Array.from(output?.data ?? [])
}
