import { crc32 } from 'node:zlib'
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import { InputError } from '../../pipeline/errors.ts'

/** What an archive may hold. */
export type ArchiveLimits = {
  /** Whether a file of this path is wanted. */
  readonly allow: (path: string) => boolean
  /** Bytes of the archive, and of all files that it unpacks to. */
  readonly maxBytes: number
  readonly maxFiles: number
}

/** Paths are letters, digits, `_`, `-` and dots, with `/` between; no part begins with a dot. So none is absolute, climbs out, or is not what it looks like. */
const plainPath = /^(?=.{1,200}$)(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/

/** File types in a Unix mode (`S_IFMT`, stat(2)), and the bit of a folder in MS-DOS attributes. */
const [typeOf, regular, dosFolder] = [0o170000, 0o100000, 0x10]

/**
 * Opens a zip archive that a stranger may have made, in memory, and gives its files by their paths. Refused are paths that are not plain or not allowed, whatever is not a
 * file, two files of one path (also in other case), encrypted files, more files or bytes than allowed, declared or real, and files that are not those of their checksum.
 * Throws InputError with `name`, which says what archive this is, and the entry.
 */
export async function unzip(archive: Buffer, name: string, limits: ArchiveLimits): Promise<Map<string, Buffer>> {
  const zip = await fromBufferPromise(archive, { strictFileNames: true }).catch((cause) => {
    throw new InputError(`${name}: is no zip archive: ${tell(String(cause.message))}`, { cause })
  })
  const { entryCount } = zip
  if (entryCount > limits.maxFiles)
    throw new InputError(`${name}: has ${entryCount} entries, and at most ${limits.maxFiles} are allowed`)
  const files = new Map<string, Buffer>()
  for (const entry of await entriesOf(zip, name, limits)) files.set(entry.fileName, await contentOf(zip, entry, name))
  return files
}

/** All entries, each checked, before anything is unpacked. */
async function entriesOf(zip: ZipFile, name: string, { allow, maxBytes }: ArchiveLimits): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  const taken = new Set<string>()
  const folders = new Set<string>()
  let bytes = 0
  try {
    for await (const entry of zip.eachEntry()) {
      const path = entry.fileName
      const same = path.toLowerCase()
      bytes += entry.uncompressedSize
      const wrong =
        notPlain(entry) ??
        (allow(path) ? undefined : 'is not a file that belongs there') ??
        (taken.has(same) ? 'is there twice' : undefined) ??
        (bytes > maxBytes ? `brings the files to ${bytes} bytes, more than ${maxBytes}` : undefined)
      if (wrong) throw refused(name, path, wrong)
      taken.add(same)
      for (let at = same.indexOf('/'); at >= 0; at = same.indexOf('/', at + 1)) folders.add(same.slice(0, at))
      entries.push(entry)
    }
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    throw new InputError(`${name}: ${tell((cause as Error).message)}`, { cause })
  }
  const both = entries.find(({ fileName }) => folders.has(fileName.toLowerCase()))
  if (both) throw refused(name, both.fileName, 'is a file and a folder')
  return entries
}

function notPlain(entry: Entry): string | undefined {
  const mode = (entry.externalFileAttributes >>> 16) & typeOf
  if (!plainPath.test(entry.fileName)) return 'is not a plain path'
  if ((mode !== 0 && mode !== regular) || entry.externalFileAttributes & dosFolder) return 'is not a file'
  if (entry.isEncrypted()) return 'is encrypted'
  if (!entry.canDecodeFileData()) return `is compressed by method ${entry.compressionMethod}, which is not known here`
  return undefined
}

/** The bytes of one file. yauzl stops at the declared size (`validateEntrySizes`), which was counted before. */
async function contentOf(zip: ZipFile, entry: Entry, name: string): Promise<Buffer> {
  try {
    const parts: Buffer[] = []
    for await (const part of await zip.openReadStreamPromise(entry)) parts.push(part as Buffer)
    const content = Buffer.concat(parts)
    if (content.length !== entry.uncompressedSize || crc32(content) !== entry.crc32)
      throw new Error('its bytes are not those of its checksum')
    return content
  } catch (cause) {
    throw refused(name, entry.fileName, tell((cause as Error).message), cause)
  }
}

const refused = (name: string, path: string, why: string, cause?: unknown) =>
  new InputError(`${name}: entry ${tell(JSON.stringify(path))}: ${why}; it is not read`, { cause })

/** A stranger's words, short and of printable ASCII. */
const tell = (words: string) => words.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)
