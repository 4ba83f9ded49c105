import { InputError } from '../errors.ts'
import { commitOf, git } from '../release/git.ts'

/** What a model or a server is made of: a file there that is not committed would be in neither the commit that is named, nor its review. */
const parts = ['pipeline', 'serve', 'environments', 'params.yaml', 'data.dvc', 'package.json', 'package-lock.json']

/** The commit that is checked out, once nothing that matters differs from it. Throws InputError listing the files that do. */
export async function committed(root: string, step: string): Promise<string> {
  const changed = await git(root, ['status', '--porcelain', '--untracked-files=all', '--', ...parts])
  if (changed !== '') {
    throw new InputError(
      `${step}: it names a commit, and these files are not committed:\n${changed}\ncommit or restore them first`,
    )
  }
  return commitOf(root, 'HEAD')
}
