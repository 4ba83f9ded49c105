import { join } from 'node:path'
import { execa } from 'execa'
import type { Scratch } from './scratch.ts'

/** What a verb answered with `--json`, and its exit code: 0 done, 1 refused. */
export type Answer<T> = { readonly code: number; readonly value: T; readonly told: readonly string[] }

/**
 * Runs a verb of the command line in the scratch clone, by the clone's own code, as a person there would. What it tells goes to `onLine`.
 * Throws with its last lines when it ends with anything but 0 or 1.
 */
export async function command<T>(
  scratch: Scratch,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<Answer<T>> {
  const child = execa(process.execPath, [join('pipeline', 'cli.ts'), ...args, '--json'], {
    cwd: scratch.root,
    env: scratch.env,
    extendEnv: false,
    reject: false,
  })
  const told: string[] = []
  for await (const line of child.iterable({ from: 'stderr' })) {
    told.push(line)
    onLine(line)
  }
  const { stdout, exitCode, signal } = await child
  const last = stdout.trimEnd().split('\n').at(-1)
  const parsed = last ? (JSON.parse(last) as T) : undefined
  if ((exitCode === 0 || exitCode === 1) && (parsed !== undefined || exitCode === 1))
    return { code: exitCode, value: parsed as T, told }
  throw new Error(`demo: \`${args.join(' ')}\` ended with ${exitCode ?? signal}:\n${told.slice(-12).join('\n')}`)
}
