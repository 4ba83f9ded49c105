import { execa } from 'execa'

/** Git for the stand-in: no configuration of the machine's or its owner's, and a name for what GitHub itself commits. */
export const gitEnv = {
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'GitHub',
  GIT_AUTHOR_EMAIL: 'noreply@github.com',
  GIT_COMMITTER_NAME: 'GitHub',
  GIT_COMMITTER_EMAIL: 'noreply@github.com',
}

type Options = { readonly input?: string; readonly env?: { readonly [name: string]: string } }

/** Runs git in a folder and returns what it wrote; null where it ended with 1, its word for no. Throws with its own words for anything else. */
export async function ask(dir: string, args: readonly string[], { input = '', env = {} }: Options = {}) {
  const result = await execa('git', ['-C', dir, ...args], { reject: false, input, env: { ...gitEnv, ...env } })
  if (!result.failed) return result.stdout
  if (result.exitCode === 1) return null
  throw new Error(`git ${args.join(' ')} in ${dir}: ${result.stderr || result.shortMessage}`)
}

/** The same where no is a fault. */
export async function git(dir: string, args: readonly string[], options: Options = {}): Promise<string> {
  const said = await ask(dir, args, options)
  if (said === null) throw new Error(`git ${args.join(' ')} in ${dir} failed`)
  return said
}

/** The commit that a ref names; null where there is no such ref. */
export const tipOf = (dir: string, ref: string) => ask(dir, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`])
