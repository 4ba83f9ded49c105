import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { segmentsOf } from './segments.ts'

/** The folders of the logs in a folder: itself, or each server's own in it. Throws InputError where there is none. */
export async function logsOf(folder: string): Promise<readonly string[]> {
  const inside = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
  const candidates = [folder, ...inside.filter((one) => one.isDirectory()).map(({ name }) => join(folder, name))]
  const logs: string[] = []
  for (const candidate of candidates) if ((await segmentsOf(candidate)).length > 0) logs.push(candidate)
  if (logs.length === 0)
    throw new InputError(
      `${folder}: no audit log there; a server writes one to the folder that MERGELINE_AUDIT_DIR names`,
    )
  return logs
}
