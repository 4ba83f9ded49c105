import { crc32, deflateRawSync } from 'node:zlib'

/** A file of an archive. What is left out is as an honest writer has it; the rest is there to lie with. */
export type ZipEntry = {
  readonly path: string
  readonly content?: string | Buffer
  /** Unix mode; 0o100644 is a plain file. */
  readonly mode?: number
  readonly dosAttributes?: number
  /** 8 is deflate, 0 is stored. */
  readonly method?: number
  readonly encrypted?: boolean
  /** The size that is declared for the unpacked file. */
  readonly size?: number
  readonly crc?: number
  readonly extra?: Buffer
  /** The path in the header before the bytes, where it is another. */
  readonly localPath?: string
}

/** Writes a zip archive by hand (PKWARE's APPNOTE.TXT, 4.3), as no tool would. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const entry of entries) {
    const { path, content = '', mode = 0o100644, dosAttributes = 0, method = 8, extra = Buffer.alloc(0) } = entry
    const bytes = Buffer.from(content)
    const packed = method === 8 ? deflateRawSync(bytes) : bytes
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE((entry.encrypted ? 1 : 0) | 0x800, 2)
    common.writeUInt16LE(method, 4)
    common.writeUInt32LE((entry.crc ?? crc32(bytes)) >>> 0, 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(entry.size ?? bytes.length, 18)
    const local = Buffer.from(entry.localPath ?? path)
    const name = Buffer.from(path)
    locals.push(Buffer.from('PK\x03\x04'), withLengths(common, local.length, 0), local, packed)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(((mode << 16) | dosAttributes) >>> 0, 6)
    tail.writeUInt32LE(at, 10)
    const made = Buffer.from([20, 3])
    directory.push(Buffer.from('PK\x01\x02'), made, withLengths(common, name.length, extra.length), tail, name, extra)
    at += 30 + local.length + packed.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...locals, listed, end])
}

function withLengths(common: Buffer, path: number, extra: number): Buffer {
  const header = Buffer.from(common)
  header.writeUInt16LE(path, 22)
  header.writeUInt16LE(extra, 24)
  return header
}
