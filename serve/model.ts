import type { LoadedBundle } from '../pipeline/tracking/bundle.ts'

/** What is known of the model that is served beside its bundle: told by the settings, because a bundle holds no name, version or commit. */
export type ModelFacts = {
  readonly name: string
  readonly version?: string | undefined
  readonly fingerprint?: string | undefined
  readonly commit?: string | undefined
  readonly image?: string | undefined
}

/** A bundle as the server needs it. */
export type ServedBundle = Omit<LoadedBundle, 'dispose'>

/** The version that protocols which want one are told: the registered one, else the start of the digest. */
export const versionOf = ({ version }: ModelFacts, digest: string): string =>
  version ?? digest.replace('sha256:', '').slice(0, 12)
