import { dirname } from 'node:path'
import { InputError } from '../../pipeline/errors.ts'
import type { Context } from '../../pipeline/steps/context.ts'
import { markWarning } from './log.ts'
import type { Runner } from './runner.ts'
import { upload } from './upload.ts'

/** Looks at data that were accepted: the digest is for the report of a later step, the page an artifact. What goes wrong is a warning, for it judges nothing. */
export async function exploreFor(runner: Runner, context: Context): Promise<void> {
  try {
    const { explore } = await import('../../pipeline/steps/explore.ts')
    const { html } = await explore(context, undefined, 'champion')
    await upload(runner, { name: 'exploration', folder: dirname(html), files: [html], once: true })
  } catch (error) {
    // The words of others may hold values that are private.
    const why = error instanceof InputError ? error.message : '`npm run explore` says why'
    markWarning(`explore: the data could not be looked at: ${why}`)
  }
}
