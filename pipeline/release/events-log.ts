import { type FileHandle, open } from 'node:fs/promises'

/** At most so many events come of one read: a log of any length is followed in bounded memory. Fewer mean that the end of what was there is reached. */
export const mostEvents = 10_000
// Events have some hundred bytes: what is longer is damage, and must not fill the memory while its end is looked for.
const mostLineBytes = 64 * 1024

/**
 * Follows a log of JSON lines that another process appends to: each call returns what comes next, from the beginning of the file at first. Half a line at
 * the end waits for its rest. A line that is no JSON is returned as its text, cut where it is long; lines without `n` (the gateway notes its seeds) are no events.
 */
export function followEvents(file: string): { read(): Promise<unknown[]>; close(): Promise<void> } {
  let handle: FileHandle | undefined
  let position = 0
  let rest = Buffer.alloc(0)
  let cutting = false
  let lines: readonly string[] = []
  let taken = 0
  const buffer = Buffer.alloc(256 * 1024)

  /** Whole lines out of what was read. */
  function linesIn(bytes: Buffer): readonly string[] {
    const end = bytes.lastIndexOf(0x0a) + 1
    const whole = end === 0 ? [] : bytes.toString('utf8', 0, end).split('\n')
    if (cutting && end > 0) {
      cutting = false
      whole.shift()
    }
    rest = cutting ? Buffer.alloc(0) : Buffer.from(bytes.subarray(end))
    if (rest.length <= mostLineBytes) return whole
    cutting = true
    const begun = rest.toString('utf8', 0, 100)
    rest = Buffer.alloc(0)
    return [...whole, begun]
  }

  return {
    async read() {
      handle ??= await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      if (!handle) return []
      const events: unknown[] = []
      for (;;) {
        for (; taken < lines.length; taken += 1) {
          if (events.length === mostEvents) return events
          const line = lines[taken] as string
          if (line === '') continue
          const event = parse(line)
          if (typeof event !== 'object' || event === null || 'n' in event) events.push(event)
        }
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
        if (bytesRead === 0) return events
        position += bytesRead
        lines = linesIn(Buffer.concat([rest, buffer.subarray(0, bytesRead)]))
        taken = 0
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
