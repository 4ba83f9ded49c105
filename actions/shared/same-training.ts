import { tryGit } from '../../pipeline/release/git.ts'

/** What takes no part in a training, nor in recording it: all else must be the same. */
const noPart = /^(?:[^/]+\.md|LICENSE|(?:docs|test|bench|examples|environments)\/.*)$/

/**
 * Why two commits may have trained differently, or recorded it differently, as a clause; undefined where they differ in nothing that takes part. A commit that is not here is
 * fetched from origin, which may have forgotten it.
 */
export async function doubtSame(root: string, one: string, other: string): Promise<string | undefined> {
  for (const commit of [one, other]) {
    if (!/^[0-9a-f]{40,64}$/.test(commit)) return 'its commit has no name'
    if (!(await tryGit(root, ['cat-file', '-e', `${commit}^{commit}`])).failed) continue
    const { failed } = await tryGit(root, ['fetch', '--quiet', '--no-tags', '--depth=1', 'origin', commit])
    if (failed) return `its commit ${commit.slice(0, 12)} is gone`
  }
  const { output, failed } = await tryGit(root, ['diff-tree', '-r', '-z', '--no-renames', '--name-only', one, other])
  if (failed) return `its commit cannot be compared: ${failed}`
  const changed = output.split('\0').find((path) => path !== '' && !noPart.test(path))
  return changed === undefined ? undefined : `${JSON.stringify(changed)} was changed after its commit`
}
