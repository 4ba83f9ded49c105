import { messageOf } from '../../pipeline/cli/failure.ts'
import { InputError } from '../../pipeline/errors.ts'
import { annotateMessage } from './annotations.ts'
import { markFailed } from './log.ts'
import type { Runner } from './runner.ts'

/** Ends an action that could not do its work: one message that says where, what and what to do, on the line that it concerns where there is one. */
export function fail(error: unknown, { root }: Runner): void {
  const message = messageOf(error)
  if (error instanceof InputError && root !== '') annotateMessage(root, message)
  markFailed(message)
}
