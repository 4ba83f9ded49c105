import { InputError } from '../errors.ts'
import { appendToLedger } from './append.ts'
import { requireIdentity } from './git.ts'
import { historyAt } from './history.ts'
import { requestMessage } from './queue-message.ts'

/** Somebody's wish that an environment run what staging promoted for a commit. */
export type Request = {
  readonly commit: string
  /** One word; asking again by the same id changes nothing. */
  readonly id: string
  readonly by: string
  /** By whom it was approved, as a clause, where somebody was asked. */
  readonly approved?: string | undefined
}

/**
 * Records a request on the branch `releases` and returns its entry; the order of requests decides which release an environment ends up with. Throws InputError
 * where the id is no word, or was given to another commit.
 */
export async function requestRelease(root: string, environment: string, request: Request): Promise<string> {
  if (!/^[\w.:-]{1,100}$/.test(request.id))
    throw new InputError(
      `request ${JSON.stringify(request.id)}: an id is one word of at most 100 letters, digits, . : - _`,
    )
  await requireIdentity(root)
  return appendToLedger(root, async (tip) => {
    const entries = await historyAt(root, tip, environment)
    const known = entries.find(({ kind, request: id }) => kind === 'request' && id === request.id)
    if (known && known.about !== request.commit)
      throw new InputError(
        `${environment}: the request ${request.id} is of commit ${known.about?.slice(0, 12)} already`,
      )
    return known ? { already: known.commit } : { files: {}, message: requestMessage(environment, request) }
  })
}
