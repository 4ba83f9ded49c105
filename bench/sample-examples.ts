import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Sample } from '../pipeline/data/sample/sample.ts'
import { ingest } from '../pipeline/task/ingest.ts'
import type { Example } from '../pipeline/task/record.ts'

/** The examples that ingest makes of a sample's files; of their rows of the month `from` (`2020-07`) and later, where it is given. */
export async function examplesOf({ files }: Pick<Sample, 'files'>, from = ''): Promise<readonly Example[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mergeline-bench-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      const lines = text.split('\n').filter((line, index) => index === 0 || line >= from)
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), lines.join('\n'))
    }
    return await ingest(join(folder, 'data'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
