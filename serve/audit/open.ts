import { resolve } from 'node:path'
import type { Static, TObject } from 'typebox'
import { createPseudonyms, leftOut } from '../../pipeline/audit/pseudonym.ts'
import { hasPrivate } from '../../pipeline/private.ts'
import { type Audit, createAudit } from './audit.ts'
import { openAuditLog } from './log.ts'
import { readSalt } from './salt.ts'
import type { auditSettings } from './settings.ts'

type Settings = Static<TObject<typeof auditSettings>>

export type Audited = {
  readonly environment: string
  readonly image: string | undefined
  readonly recordSchema: object
  readonly keyFields: readonly string[]
  readonly log: (line: string) => void
}

/** Opens the audit of a server as its settings say; undefined where they name no folder. Throws InputError where the folder or the salt cannot be used. */
export async function openAudit(settings: Settings, audited: Audited): Promise<Audit | undefined> {
  if (!settings.MERGELINE_AUDIT_DIR) return undefined
  const folder = resolve(settings.MERGELINE_AUDIT_DIR)
  const { environment, image = null, recordSchema, keyFields } = audited
  const hashes = settings.MERGELINE_AUDIT_PRIVATE === 'hash' && hasPrivate(recordSchema as TObject)
  const pseudonym = hashes
    ? createPseudonyms(readSalt(settings.MERGELINE_AUDIT_SALT_FILE ?? `${folder}.salt`))
    : leftOut
  const log = await openAuditLog({
    folder,
    environment,
    durability: settings.MERGELINE_AUDIT_DURABILITY,
    rotate: {
      bytes: settings.MERGELINE_AUDIT_SEGMENT_MIB * 2 ** 20,
      ms: settings.MERGELINE_AUDIT_SEGMENT_HOURS * 3_600_000,
    },
    keep: {
      ms: settings.MERGELINE_AUDIT_KEEP_DAYS * 86_400_000,
      bytes: settings.MERGELINE_AUDIT_KEEP_GIB * 2 ** 30,
    },
    log: audited.log,
  })
  const unwritable = settings.MERGELINE_AUDIT_UNWRITABLE
  return createAudit({ log, environment, image, unwritable, recordSchema, keyFields, pseudonym })
}
