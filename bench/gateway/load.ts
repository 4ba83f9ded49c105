/**
 * A client as cheap as it can be made, so that it takes little from what it measures: as a process of its own, `connections` keep-alive connections ask one after
 * the other, `requests` in all. Arguments as JSON: {port, connections, requests, key, body}. Prints {failed} as JSON.
 */
import { connect } from 'node:net'

const { port, connections, requests, key, body } = JSON.parse(process.argv[2] ?? '') as {
  readonly port: number
  readonly connections: number
  readonly requests: number
  readonly key: string
  readonly body: string
}
const request = Buffer.from(
  [
    'POST /v1/predict HTTP/1.1',
    `host: 127.0.0.1:${port}`,
    `authorization: Bearer ${key}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n'),
)
let left = requests
let failed = 0

await Promise.all(Array.from({ length: connections }, ask))
process.stdout.write(JSON.stringify({ failed }))

function ask(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true)
    let text = ''
    const next = () => {
      if (left <= 0) {
        socket.end()
        return resolve()
      }
      left -= 1
      socket.write(request)
    }
    socket.once('connect', next)
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN)
      if (!(text.length >= end + 4 + length)) return
      if (!text.startsWith('HTTP/1.1 200')) failed += 1
      text = ''
      next()
    })
    socket.once('error', () => {
      failed += 1
      resolve()
    })
  })
}
