import type { ServerResponse } from 'node:http'

/** Reads a CGI program's answer: its headers go into the response, its body to `write`, part by part. */
export async function copyAnswer(
  output: AsyncIterable<Buffer>,
  response: ServerResponse,
  write: (part: Buffer) => void,
): Promise<void> {
  let head: Buffer | null = Buffer.alloc(0)
  for await (const part of output) {
    if (head === null) {
      write(part)
      continue
    }
    head = Buffer.concat([head, part])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) continue
    for (const line of head.subarray(0, end).toString().split('\r\n')) {
      const [name = '', value = ''] = line.split(/: (.*)/s)
      if (name === 'Status') response.statusCode = Number(value.slice(0, 3))
      else response.setHeader(name, value)
    }
    write(head.subarray(end + 4))
    head = null
  }
}
