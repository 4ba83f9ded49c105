import { tagNames } from './runs.ts'

/** A registered digest. */
export type ModelVersion = {
  readonly model: string
  readonly version: number
  /** `sha256:<hex>`; empty for a version that someone registered by hand without it. */
  readonly digest: string
  readonly runId: string
  readonly tags: { readonly [name: string]: string }
  readonly aliases: readonly string[]
}

/** As MLflow sends it. */
export type RawVersion = {
  readonly name: string
  readonly version: string
  readonly run_id?: string
  readonly tags?: readonly { readonly key: string; readonly value: string }[]
  readonly aliases?: readonly string[]
}

export function versionOf(raw: RawVersion): ModelVersion {
  const tags = Object.fromEntries((raw.tags ?? []).map(({ key, value }) => [key, value]))
  const digest = tags[tagNames.digest] ?? ''
  return {
    model: raw.name,
    version: Number(raw.version),
    digest,
    runId: raw.run_id ?? '',
    tags,
    aliases: raw.aliases ?? [],
  }
}
