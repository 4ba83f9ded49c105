import { InputError, RefusedError } from '../errors.ts'
import { visible } from '../report/escape.ts'

/** Exit codes: 0 done, 1 refused by data, gate or verdict, 2 wrong use or broken environment. */
export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof RefusedError ? 1 : 2
}

/** One clear error, which no stranger's word in it can hide: what we know how to explain is complete in its message; anything else is a defect and shows where it came from. */
export const messageOf = (error: unknown): string => visible(said(error))

function said(error: unknown): string {
  if (error instanceof InputError || error instanceof RefusedError) return error.message
  const known = system(error)
  if (known) return known
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** What the operating system refused, in words that say what to do. */
function system(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, path } = at as NodeJS.ErrnoException
    const where = path ? `${path}: ` : ''
    if (code === 'ENOSPC' || code === 'EDQUOT')
      return `${where}the disk is full; free some space and run the same command again: it goes on where it stopped`
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
      return `${where}may not be written or read by this user (${code}); mend its permissions`
    if (/no space left on device|disk (is )?full/i.test(at.message)) {
      return `${at.message.split('\n')[0]}: the disk is full; free some space and run the same command again`
    }
  }
  return undefined
}
