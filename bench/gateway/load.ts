/**
 * A client as cheap as it can be made, so that it takes little from what it measures: as a process of its own, `connections` keep-alive connections ask one after
 * the other, `requests` in all. Arguments as JSON: {port, connections, requests, key, body}. Prints {failed} as JSON.
 */
import { connect } from 'node:net'
import { predictRequest, statusOf } from '../http.ts'

const { port, connections, requests, key, body } = JSON.parse(process.argv[2] ?? '') as {
  readonly port: number
  readonly connections: number
  readonly requests: number
  readonly key: string
  readonly body: string
}
const request = predictRequest({ port, key, body })
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
      const status = statusOf(text)
      if (status === undefined) return
      if (status !== '200') failed += 1
      text = ''
      next()
    })
    socket.once('error', () => {
      failed += 1
      resolve()
    })
  })
}
