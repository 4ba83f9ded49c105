import { fstatSync, readSync } from 'node:fs'

/** The number of the last whole event in the file, and whether its last line lacks its end. Reads from the end: the file may be long. */
export function readEnd(descriptor: number): {
  readonly last: number
  readonly torn: boolean
  readonly empty: boolean
} {
  const { size } = fstatSync(descriptor)
  let torn = false
  for (let window = 64 * 1024; size > 0; window *= 4) {
    const from = Math.max(0, size - window)
    const bytes = Buffer.alloc(size - from)
    readSync(descriptor, bytes, 0, bytes.length, from)
    torn = bytes.at(-1) !== 0x0a
    const lines = bytes.toString('utf8').split('\n')
    // A first line that begins before the window is not whole.
    for (const line of lines.slice(from === 0 ? 0 : 1).reverse()) {
      const n = numberOf(line)
      if (n !== undefined) return { last: n, torn, empty: false }
    }
    if (from === 0) break
  }
  return { last: 0, torn, empty: size === 0 }
}

function numberOf(line: string): number | undefined {
  try {
    const { n } = JSON.parse(line) as { readonly n?: unknown }
    return typeof n === 'number' && Number.isInteger(n) ? n : undefined
  } catch {
    return undefined
  }
}
