import { type Call, needed, text, type Verb } from './verb.ts'

/** What somebody takes upon themselves, as the ledger keeps it: where, who, and why. */
export type Word = { readonly environment: string; readonly by: string; readonly why: string }

/** The options of a verb that is done on somebody's word; `does` is what they do, as in `who lifts it`. */
export const wordOptions = (does: string) =>
  ({
    environment: { type: 'string', value: 'name', what: 'default: production' },
    why: { type: 'string', value: 'text', what: 'the reason' },
    by: { type: 'string', value: 'name', what: `who ${does} (default: git config user.name)` },
  }) as const satisfies Verb['options']

/** The word that a verb was called with; `by` is git's own name for the caller where none was given. Throws `InputError` without a reason, and where git has no name for them: what they say is written to the ledger. */
export async function wordOf(call: Call, verb: string): Promise<Word> {
  const why = needed(call, verb, 'why')
  const { git, requireIdentity } = await import('../release/git.ts')
  await requireIdentity(call.root)
  // `Ada Example <ada@example.org> 1767225600 +0000`, from settings or variables.
  const by = text(call, 'by', '') || (await git(call.root, ['var', 'GIT_AUTHOR_IDENT'])).replace(/ <[^<]*$/, '')
  return { environment: text(call, 'environment', 'production'), by, why }
}
