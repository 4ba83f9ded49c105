import { open } from 'node:fs/promises'
import { fieldsOf, readLine } from '../../pipeline/audit/line.ts'

/** What is told of an audit record where it is only looked at: not the input. */
export type RecentRecord = {
  readonly [field in (typeof told)[number]]?: unknown
}

const told = ['kind', 'at', 'id', 'request', 'entity', 'key', 'arm', 'model', 'output', 'status', 'ms'] as const
const kinds = ['prediction', 'refusal']
const tailBytes = 256 * 1024

/**
 * The newest requests in a log's open segment, of one key where `key` names it, newest first, each by its first prediction or its refusal: from its last 256 KiB, so that it
 * costs the same however long the log is.
 */
export async function recentRecords(
  file: string | undefined,
  count: number,
  key?: string,
): Promise<readonly RecentRecord[]> {
  if (file === undefined) return []
  const tail = await readTail(file).catch(() => Buffer.alloc(0))
  const lines: RecentRecord[] = []
  for (let end = tail.lastIndexOf(0x0a); end > 0 && lines.length < count; ) {
    const before = tail.lastIndexOf(0x0a, end - 1)
    const line = readLine(tail.subarray(before + 1, end))
    if (line && kinds.includes(line.kind)) {
      const fields = fieldsOf(line)
      const first = fields['index'] === undefined || fields['index'] === 0
      if (first && (key === undefined || fields['key'] === key))
        lines.push(Object.fromEntries(told.filter((name) => name in fields).map((name) => [name, fields[name]])))
    }
    end = before
  }
  return lines
}

async function readTail(file: string): Promise<Buffer> {
  await using handle = await open(file, 'r')
  const { size } = await handle.stat()
  const length = Math.min(size, tailBytes)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length)
  return buffer.subarray(0, bytesRead)
}
