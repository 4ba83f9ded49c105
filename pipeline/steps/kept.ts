import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from '../files.ts'

/** Keeps what a step found, under `.mergeline/results/`, for the steps that come after it; `key` says what it was found for. */
export async function keep(root: string, step: string, key: string, value: unknown): Promise<void> {
  await writeWhole(fileOf(root, step), JSON.stringify({ key, value }))
}

/** What a step found last, if it was for this key; undefined when it was not, or was never found. */
export async function kept<T>(root: string, step: string, key: string): Promise<T | undefined> {
  try {
    const found = JSON.parse(await readFile(fileOf(root, step), 'utf8')) as { key: string; value: T }
    return found.key === key ? found.value : undefined
  } catch {
    return undefined // Never written, or not whole: as if it had not been found.
  }
}

const fileOf = (root: string, step: string) => join(root, '.mergeline', 'results', `${step}.json`)
