import { git } from '../release/git.ts'
import { releaseFileAt } from '../release/history.ts'
import { fetchLedger } from '../release/ledger.ts'

/**
 * The digest of the model that the training with this fingerprint gave, as the newest release on the branch `releases` says, to whichever environment; null where none does.
 * Throws InputError when the branch cannot be read.
 */
export async function releasedDigest(root: string, fingerprint: string): Promise<string | null> {
  const { tip } = await fetchLedger(root)
  if (!tip) return null
  // Git finds the commits that added or removed the text much faster than we could read each one's files.
  const paths = ':(glob)environments/*/release.yaml'
  const log = await git(root, ['log', '--first-parent', `-S${fingerprint}`, '--format=%H', tip, '--', paths])
  for (const commit of log.split('\n').filter((line) => line !== '')) {
    const names = await git(root, ['ls-tree', '--name-only', commit, '--', 'environments/'])
    for (const environment of names.split('\n').map((path) => path.replace('environments/', ''))) {
      const { release } = await releaseFileAt(root, commit, environment)
      if (release?.model.fingerprint === fingerprint) return release.model.digest
    }
  }
  return null
}
