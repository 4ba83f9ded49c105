import { connect, type Socket } from 'node:net'
import { statusOf } from './http.ts'

/** What became of a request: its answer as it came (Latin-1), or why there was none. */
export type Told = { readonly status: string; readonly text: string } | { readonly failure: string }

const answerMs = 30_000

/** Connections to a port of this machine, for load generators that do not wait: `ask` sends on one that is kept and idle, else, or where it is not to be kept, on a fresh one; `told` is called once. */
export function createConnections(port: number) {
  const idle: Socket[] = []

  return {
    ask(request: Buffer, keep: boolean, told: (told: Told) => void): void {
      const socket = (keep ? idle.pop() : undefined) ?? connect(port, '127.0.0.1').setNoDelay(true)
      let text = ''
      const end = (how: Told) => {
        clearTimeout(limit)
        socket
          .removeAllListeners('data')
          .removeAllListeners('error')
          .removeAllListeners('close')
          .on('error', () => {})
        if (!keep || 'failure' in how || /\r\nconnection: close/i.test(text.slice(0, 600))) socket.destroy()
        else {
          socket.once('close', () => {
            const at = idle.indexOf(socket)
            if (at >= 0) idle.splice(at, 1)
          })
          idle.push(socket)
        }
        told(how)
      }
      const limit = setTimeout(() => end({ failure: `no answer within ${answerMs / 1000} s` }), answerMs)
      socket.on('data', (bytes) => {
        text += bytes.toString('latin1')
        const status = statusOf(text)
        if (status !== undefined) end({ status, text })
      })
      socket.once('error', (error) => end({ failure: error.message }))
      socket.once('close', () => end({ failure: 'the connection ended before the answer' }))
      socket.write(request)
    },
  }
}
