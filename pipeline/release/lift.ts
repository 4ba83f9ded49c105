import { InputError } from '../errors.ts'
import { appendToLedger } from './append.ts'
import { requireIdentity } from './git.ts'
import { releaseFileAt, releasePath } from './history.ts'
import { liftMessage } from './message.ts'
import { formatRelease, type Held } from './release.ts'

/** Removes the hold on a model (digest, or a beginning of it that fits one), with a name and a reason. Throws InputError listing what is on hold. */
export async function lift(
  root: string,
  environment: string,
  { digest, by, why }: { digest: string; by: string; why: string },
): Promise<{ readonly commit: string; readonly lifted: readonly Held[] }> {
  await requireIdentity(root)
  if (why.trim() === '') throw new InputError('lift: say why; the reason is recorded beside your name')
  let lifted: readonly Held[] = []
  const commit = await appendToLedger(root, async (tip) => {
    const now = await releaseFileAt(root, tip, environment)
    lifted = now.held.filter((hold) => hold.model.startsWith(digest) || hold.model.startsWith(`sha256:${digest}`))
    const first = lifted[0]
    if (!first || digest === '' || new Set(lifted.map((hold) => hold.model)).size > 1)
      throw new InputError(
        `lift: ${first ? 'more than one model' : 'no model'} on hold in ${environment} begins with ${JSON.stringify(digest)}; on hold: ${
          now.held.map((hold) => `${hold.model} (${hold.why})`).join(', ') || 'none'
        }`,
      )
    return {
      files: {
        [releasePath(environment)]: formatRelease({ ...now, held: now.held.filter((hold) => !lifted.includes(hold)) }),
      },
      message: liftMessage(environment, { digest: first.model, held: first.why, by, why }),
    }
  })
  return { commit, lifted }
}
