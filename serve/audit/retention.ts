import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { headOf, type Segment, segmentsOf } from '../../pipeline/audit/segments.ts'

/** How long segments are kept since their last line, and how many bytes of them; the open one always is. */
export type Keep = { readonly ms: number; readonly bytes: number }

/**
 * The files of the segments that are to go, oldest first, and the line that says so, with the hash that the oldest one kept begins from: by it the rest stays verifiable.
 * Undefined where all are kept, and where the first that would be is damaged: somebody must look at that.
 */
export async function outlived(
  folder: string,
  keep: Keep,
  current: number,
): Promise<{ readonly files: readonly string[]; readonly note: string } | undefined> {
  const segments = await segmentsOf(folder)
  const sizes = await Promise.all(segments.map(({ file }) => stat(file)))
  let total = sizes.reduce((sum, { size }) => sum + size, 0)
  const old: Segment[] = []
  for (const [index, segment] of segments.entries()) {
    const { size = 0, mtimeMs = 0 } = sizes[index] ?? {}
    if (segment.number >= current || (Date.now() - mtimeMs <= keep.ms && total <= keep.bytes)) break
    total -= size
    old.push(segment)
  }
  const [first, last, oldest] = [old[0], old.at(-1), segments[old.length]]
  const head = oldest && (await headOf(oldest.file))
  if (!first || !last || !head) return undefined
  const beside = (await readdir(folder)).filter((name) => old.some((one) => name.startsWith(`${one.name}.cut-`)))
  const at = new Date().toISOString()
  return {
    files: [...old.map(({ file }) => file), ...beside.map((name) => join(folder, name))],
    note: `"kind":"removed","at":"${at}","first":${first.number},"last":${last.number},"through":"${head.prev}"`,
  }
}
