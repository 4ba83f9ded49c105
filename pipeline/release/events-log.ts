import { type FileHandle, open } from 'node:fs/promises'

/**
 * Follows a log of JSON lines that another process appends to: each call returns what is new, from the beginning of the file at first. Half a line at
 * the end waits for its rest. A line that is no JSON is returned as its text; lines without `n` (the gateway notes its seeds) are no events.
 */
export function followEvents(file: string): { read(): Promise<unknown[]>; close(): Promise<void> } {
  let handle: FileHandle | undefined
  let position = 0
  let rest = Buffer.alloc(0)
  const buffer = Buffer.alloc(256 * 1024)

  return {
    async read() {
      handle ??= await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      if (!handle) return []
      const events: unknown[] = []
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
        if (bytesRead === 0) return events
        position += bytesRead
        const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
        const end = bytes.lastIndexOf(0x0a) + 1
        rest = Buffer.from(bytes.subarray(end))
        for (const line of bytes.toString('utf8', 0, end).split('\n')) {
          if (line === '') continue
          const event = parse(line)
          if (typeof event !== 'object' || event === null || 'n' in event) events.push(event)
        }
      }
    },
    async close() {
      await handle?.close()
    },
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return line
  }
}
