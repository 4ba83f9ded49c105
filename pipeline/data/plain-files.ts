import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { printable } from './findings.ts'

/** What stands at a path, without following it. Only files and folders are plain: a link leads out of the data, and a pipe never ends. */
export type Kind = 'file' | 'folder' | 'link' | 'pipe' | 'socket' | 'device'

/** The kind of what stands at `path`; undefined where nothing does. */
export function kindOf(path: string): Kind | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats && kind(stats)
}

function kind(stats: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO' | 'isSocket'>): Kind {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'folder'
  if (stats.isSymbolicLink()) return 'link'
  if (stats.isFIFO()) return 'pipe'
  return stats.isSocket() ? 'socket' : 'device'
}

/** What is wrong with a path at which a plain `wanted` should stand, and what to do: words for a finding or an error. */
export const notPlain = (found: Kind, wanted: 'file' | 'folder'): { readonly what: string; readonly cure: string } => ({
  what: `is a ${found} and not a plain ${wanted}`,
  cure: `put a plain ${wanted} in its place; where DVC made it, run \`.venv/bin/dvc config cache.type copy\` and \`.venv/bin/dvc checkout --relink data.dvc\``,
})

/** Throws InputError unless a plain `wanted`, or nothing, stands at `path`; `shown` is its name in the message. */
export function requirePlain(path: string, shown: string, wanted: 'file' | 'folder'): void {
  const found = kindOf(path)
  if (found === undefined || found === wanted) return
  const { what, cure } = notPlain(found, wanted)
  throw new InputError(`${printable(shown)}: ${what}; ${cure}`)
}

/**
 * The paths of all files under `root`/`folder`, relative to that folder and with `/`, in no order.
 * Throws InputError at the first thing that is neither a plain file nor a folder, and follows none.
 */
export function plainFiles(root: string, folder: string, below = ''): readonly string[] {
  requirePlain(join(root, folder, below), below === '' ? folder : `${folder}/${below}`, 'folder')
  return readdirSync(join(root, folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) return plainFiles(root, folder, path)
    requirePlain(join(root, folder, path), `${folder}/${path}`, 'file')
    return [path]
  })
}
