import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Runner } from './runner.ts'

// The runner empties its folder for temporary files before and after each job
// (https://docs.github.com/actions/reference/workflows-and-actions/contexts#runner-context), so what stands there is from this one.
const fileIn = ({ temp, github }: Pick<Runner, 'temp' | 'github'>) => join(temp, `mergeline-digests-${github.runId}`)

/** The digests of trainings that earlier steps of this job put on the machine, having believed or made them; none where the runner names no temporary folder. */
export async function ownDigests(runner: Pick<Runner, 'temp' | 'github'>): Promise<readonly string[]> {
  if (runner.temp === '') return []
  const text = await readFile(fileIn(runner), 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line !== '')
}

/** Writes down that this job put the training with this digest there. */
export async function rememberOwn(runner: Pick<Runner, 'temp' | 'github'>, digest: string): Promise<void> {
  if (runner.temp !== '') await appendFile(fileIn(runner), `${digest}\n`)
}
