import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { makeSample, sampleSeed } from '../../pipeline/data/sample/sample.ts'
import { ingest } from '../../pipeline/task/ingest.ts'
import type { Example } from '../../pipeline/task/record.ts'

/** The sample from the month `from` (`2020-07`) on, as examples. */
export const sampleExamples = (from: string): Promise<readonly Example[]> => examplesOf(sampleSeed, from)

/** The records after the day `after` of other worlds like the sample's, which no model has seen and the gate does not see: what is true of a model, all but for chance. */
export async function otherExamples(worlds: number, after: string): Promise<readonly Example[]> {
  const made: (readonly Example[])[] = []
  for (let world = 1; world <= worlds; world++) made.push(await examplesOf(100 + world, after.slice(0, 7)))
  return made.flat().filter(({ time }) => time > after)
}

async function examplesOf(seed: number, from: string): Promise<readonly Example[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mergeline-bench-'))
  try {
    for (const [path, text] of Object.entries(makeSample(seed).files)) {
      const lines = text.split('\n').filter((line, index) => index === 0 || line >= from)
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), lines.join('\n'))
    }
    return await ingest(join(folder, 'data'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
