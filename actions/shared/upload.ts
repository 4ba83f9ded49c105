import { markWarning, say } from './log.ts'
import type { Runner } from './runner.ts'

/** An artifact of the workflow run. `digest` is GitHub's SHA-256 over the archive; it and the id are known of what was uploaded now. */
export type Uploaded = { readonly name: string; readonly id?: number; readonly digest?: string }

/** Said where an artifact need not be uploaded. */
export const alreadyThere = 'this run has it already'

type Upload = {
  readonly name: string
  readonly folder: string
  readonly files: readonly string[]
  /** The name says what is in it: where the run has one already (GitHub takes no second), it is the same. */
  readonly once?: boolean
}

/**
 * Uploads files of one folder as an artifact of the workflow run. Null where the runner gave no token for it, or GitHub does not take it (a quota that is used up,
 * say): the log says why, and the step's own work is done all the same.
 */
export async function upload(
  { artifacts }: Runner,
  { name, folder, files, once = false }: Upload,
): Promise<Uploaded | null> {
  if (!artifacts) {
    say(`artifact ${name}: not uploaded, because there is no ACTIONS_RUNTIME_TOKEN here`)
    return null
  }
  // Half a second to load, and only needed at the end.
  const { default: client } = await import('@actions/artifact')
  try {
    const { id = 0, digest = '' } = await client.uploadArtifact(name, [...files], folder)
    return { name, id, digest: digest === '' ? '' : `sha256:${digest}` }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    if (once && why.includes('(409)')) {
      say(`artifact ${name}: ${alreadyThere}`)
      return { name }
    }
    markWarning(
      `artifact ${name}: could not be uploaded: ${why}; later jobs and runs go without it, unless this job is run again`,
    )
    return null
  }
}
