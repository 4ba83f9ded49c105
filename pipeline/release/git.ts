import { execa } from 'execa'
import { InputError } from '../errors.ts'
import { act } from './witness.ts'

/** `failed` is what git said where it refused or could not reach the other side; the output then is what it wrote before. */
export type GitResult = { readonly output: string; readonly failed?: string }

type GitOptions = { readonly input?: string; readonly index?: string; readonly timeoutMs?: number }

/** Runs git in `root` without a shell and returns what it said; never asks at the terminal. Network verbs end after `timeoutMs` (30 s). */
export async function tryGit(root: string, args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  const result = await act(`git ${args[0]}`, async () =>
    execa('git', ['-C', root, ...args], {
      reject: false,
      timeout: options.timeoutMs ?? 30_000,
      ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
      env: {
        LC_ALL: 'C',
        GIT_TERMINAL_PROMPT: '0',
        GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
        ...(options.index ? { GIT_INDEX_FILE: options.index } : {}),
      },
    }),
  )
  if (!result.failed) return { output: result.stdout }
  const said = result.stderr?.trim() || (result.timedOut ? 'no answer in time' : result.shortMessage)
  return { output: result.stdout ?? '', failed: said || 'git failed' }
}

/** The same where a refusal is a fault: throws with git's own words. */
export async function git(root: string, args: readonly string[], options: GitOptions = {}): Promise<string> {
  const { output, failed } = await tryGit(root, args, options)
  if (failed) throw new InputError(`git ${args.slice(0, 2).join(' ')} in ${root} failed: ${failed}`)
  return output
}

/** Throws InputError, before anything is done, where git would not know whose name to write. */
export async function requireIdentity(root: string): Promise<void> {
  for (const who of ['GIT_AUTHOR_IDENT', 'GIT_COMMITTER_IDENT']) {
    const { failed } = await tryGit(root, ['-c', 'user.useConfigOnly=true', 'var', who])
    if (failed)
      throw new InputError(
        'git has no identity to write releases with; set one: git config user.name "Your Name" && git config user.email you@example.org',
      )
  }
}

/** A revision → its full commit hash. Throws InputError when there is no such commit here. */
export async function commitOf(root: string, revision: string): Promise<string> {
  const { output, failed } = await tryGit(root, [
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${revision}^{commit}`,
  ])
  if (failed)
    throw new InputError(`${JSON.stringify(revision)} is no commit of this repository; fetch it, or name another`)
  return output
}
