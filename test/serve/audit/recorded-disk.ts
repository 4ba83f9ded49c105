import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Disk, realDisk } from '../../../serve/audit/disk.ts'

/** What was done to the disk, in order; and when the log told somebody that a record is safe. */
export type Step =
  | { readonly what: 'told'; readonly id: string }
  | { readonly what: 'create' | 'sync' | 'remove'; readonly file: string }
  | { readonly what: 'write'; readonly file: string; readonly position: number; readonly bytes: Buffer }
  | { readonly what: 'truncate'; readonly file: string; readonly length: number }
  | { readonly what: 'sync folder' }

/** The real disk, with a record of what was done to it. */
export function recordedDisk(): { readonly disk: Disk; readonly steps: Step[] } {
  const steps: Step[] = []
  const names = new Map<number, string>()
  const nameOf = (descriptor: number) => names.get(descriptor) as string
  const disk: Disk = {
    ...realDisk,
    async open(file, flags) {
      const descriptor = await realDisk.open(file, flags)
      names.set(descriptor, basename(file))
      if (flags === 'wx') steps.push({ what: 'create', file: basename(file) })
      return descriptor
    },
    async write(descriptor, bytes, position) {
      const written = await realDisk.write(descriptor, bytes, position)
      steps.push({ what: 'write', file: nameOf(descriptor), position, bytes: Buffer.from(bytes.subarray(0, written)) })
      return written
    },
    async truncate(descriptor, length) {
      await realDisk.truncate(descriptor, length)
      steps.push({ what: 'truncate', file: nameOf(descriptor), length })
    },
    // What is in the record before the call began is durable once it resolves; the disk itself need not be bothered.
    async sync(descriptor) {
      const file = nameOf(descriptor)
      await new Promise((resolve) => setImmediate(resolve))
      steps.push({ what: 'sync', file })
    },
    async syncFolder() {
      await new Promise((resolve) => setImmediate(resolve))
      steps.push({ what: 'sync folder' })
    },
    async remove(file) {
      await realDisk.remove(file)
      steps.push({ what: 'remove', file: basename(file) })
    },
  }
  return { disk, steps }
}

const sector = 512

/**
 * Writes to `folder` what a power cut after these steps may leave of the files that `before` had and what was done to them since: all that was synced, and of the rest any part. Each sector of each later write is there or not, as
 * `chance` decides, with zeros where a file was grown over it; the file's length may have been told to the disk or not; a name that was not synced may be missing.
 * (What file systems may do after fdatasync: Pillai et al. 2014, "All File Systems Are Not Created Equal", OSDI.)
 */
export function afterPowerCut(
  folder: string,
  before: ReadonlyMap<string, Buffer>,
  steps: readonly Step[],
  chance: () => number,
): void {
  mkdirSync(folder, { recursive: true })
  const names = new Set([...before.keys(), ...steps.filter((step) => 'file' in step).map((step) => step.file)])
  const namesSynced = steps.findLastIndex(({ what }) => what === 'sync folder')
  for (const name of names) {
    const own = steps.map((step, at) => ({ step, at })).filter(({ step }) => 'file' in step && step.file === name)
    const synced = own.findLast(({ step }) => step.what === 'sync')?.at ?? -1
    const created = own.findLast(({ step }) => step.what === 'create')?.at ?? -1
    const removed = own.findLast(({ step }) => step.what === 'remove')?.at ?? -1
    if (removed > created && (removed < namesSynced || chance() < 0.5)) continue
    if (created > namesSynced && chance() < 0.5) continue
    let content = before.get(name) ?? Buffer.alloc(0)
    for (const { step, at } of own) {
      if (step.what === 'create') content = Buffer.alloc(0)
      const certain = at < synced
      if (step.what === 'truncate' && (certain || chance() < 0.5)) content = content.subarray(0, step.length)
      if (step.what === 'write') content = written(content, step, certain ? () => 1 : chance)
    }
    writeFileSync(join(folder, name), content)
  }
}

function written(before: Buffer, { position, bytes }: Extract<Step, { what: 'write' }>, chance: () => number): Buffer {
  const shared = chance()
  // All of it, none, or each sector by itself.
  const kept = (at: number) => shared > 0.66 || (shared > 0.33 && chance() < 0.5) || at < 0
  let content = before
  for (let from = position; from < position + bytes.length; ) {
    const to = Math.min(position + bytes.length, (Math.floor(from / sector) + 1) * sector)
    if (kept(from)) {
      const grown = Buffer.alloc(Math.max(content.length, to))
      content.copy(grown)
      bytes.copy(grown, from, from - position, to - position)
      content = grown
    } else if (shared > 0.33 && chance() < 0.3) {
      // Its length was told, what was to be in it was not.
      const grown = Buffer.alloc(Math.max(content.length, to))
      content.copy(grown)
      content = grown
    }
    from = to
  }
  return content
}

/** The segments in a folder, by name. */
export const contentOf = (folder: string): ReadonlyMap<string, Buffer> =>
  new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => [name, readFileSync(join(folder, name))]),
  )
