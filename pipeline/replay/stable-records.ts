import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { dvcPull } from '../data/dvc.ts'
import { InputError } from '../errors.ts'
import type { Release } from '../release/release.ts'
import { codeOf } from '../release/targets/code.ts'
import { stateDir } from '../release/targets/files.ts'
import { recordsToReplay } from './records.ts'

const entry = join('pipeline', 'replay', 'print-records.ts')

/**
 * What an environment's clients send: records of the sample's last year, made by the code of the release that serves. Where its commit is from before there was an entry
 * for that, by the tree's own, which `log` is told. Throws InputError when that code cannot read today's data.
 */
export async function recordsOfStable(
  root: string,
  environment: string,
  { commit }: Pick<Release, 'commit'>,
  log: (line: string) => void,
): Promise<readonly unknown[]> {
  await dvcPull(root)
  const data = join(root, 'data')
  const code = await codeOf(root, stateDir(root, environment), commit, log)
  if (!existsSync(join(code, entry))) {
    log(`commit ${commit.slice(0, 12)} cannot make its clients’ records yet: those of the tree are sent`)
    return recordsToReplay(data)
  }
  // Nothing of this process's environment, where there may be tokens.
  const options = { cwd: code, env: {}, extendEnv: false, reject: false, stdin: 'ignore' } as const
  const { stdout, stderr, failed } = await execa(process.execPath, [entry, data], options)
  if (failed)
    throw new InputError(
      `replay: commit ${commit.slice(0, 12)}, which ${environment} runs, cannot make records from these data with its own code:\n${whatFailed(stderr)}`,
    )
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as unknown)
}

/** The error's own line, without its stack. */
function whatFailed(stderr: string): string {
  const lines = stderr.trim().split('\n')
  return lines.find((line) => /^\w*Error\b.*: /.test(line)) ?? lines.slice(-3).join('\n')
}
