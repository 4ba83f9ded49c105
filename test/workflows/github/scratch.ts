import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { tryGit } from '../../../pipeline/release/git.ts'
import { git } from './git/command.ts'
import { startGitHub } from './github.ts'

/** A stand-in for GitHub, and beside it the clone of somebody who works on its repository. Removed when disposed. */
export async function start(options: { private?: boolean; description?: string } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'mergeline-github-'))
  const github = await startGitHub({ dir: join(dir, 'github'), description: null, ...options })
  const root = join(dir, 'work')
  const url = (who: string) => `${github.serverUrl.replace('//', `//${who}@`)}/acme/ice-cream.git`
  await git(dir, ['init', '--quiet', '-b', 'main', root])
  await git(root, ['remote', 'add', 'origin', url('user:ada')])
  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), text)
  }
  const commit = async (file: string, text: string, message = `${file} changes`) => {
    await write(file, text)
    await git(root, ['add', '--all'])
    await git(root, ['commit', '--quiet', '-m', message], {
      env: { GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.org' },
    })
    return git(root, ['rev-parse', 'HEAD'])
  }
  return {
    ...github,
    dir,
    root,
    url,
    /** Writes a file of the clone. */
    write,
    /** Commits all that is in the clone, one file's text with it, and returns the commit. */
    commit,
    push: (to: string, ...refs: string[]) => tryGit(root, ['push', to, ...refs]),
    async [Symbol.asyncDispose]() {
      await github[Symbol.asyncDispose]()
      await rm(dir, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** A repository with one commit on main; `rulesets` by file. */
export async function started(rulesets: { readonly [file: string]: object } = {}, options: { private?: boolean } = {}) {
  const github = await start(options)
  for (const [file, ruleset] of Object.entries(rulesets))
    await github.write(`.github/rulesets/${file}`, JSON.stringify({ name: file, enforcement: 'active', ...ruleset }))
  await github.commit('a', '1\n')
  const { failed } = await github.push('origin', 'main')
  if (failed) throw new Error(failed)
  return github
}
