// A server that starts at once and fails as its bundle tells it: stands in for serve/server.ts where rollouts are tried by the dozen.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'

const bundle = process.env['MERGELINE_BUNDLE'] ?? ''
const port = Number(process.env['MERGELINE_PORT'])
const digest = `sha256:${createHash('sha256')
  .update(readFileSync(join(bundle, 'manifest.json')))
  .digest('hex')}`
const behaviour = JSON.parse(readFileSync(join(bundle, 'model.json'), 'utf8')) as {
  errors?: number
  slowMs?: number
  shift?: number
  golden?: number
  offset?: number
  dies?: boolean
  diesAfter?: number
  hangs?: boolean
  leaks?: boolean
  readyAfterMs?: number
  ignoresSigterm?: boolean
}
if (behaviour.dies) throw new Error('this model cannot be loaded')

const readyAt = Date.now() + (behaviour.readyAfterMs ?? 0)
// So that what grows reaches its limit soon.
if (behaviour.leaks) setFlagsFromString('--max-old-space-size=40')
const kept: unknown[] = []
let asked = 0

/** Shares of one that fill it evenly, as chance does in the long run: else the verdict would, as it may, take back a good one of some hundreds. */
function evenly(): () => number {
  let at = 0
  return () => (at = (at + (Math.sqrt(5) - 1) / 2) % 1)
}
const [failing, predicted] = [evenly(), evenly()]

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const send = (status: number, value: unknown, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', 'x-mergeline-digest': digest, ...headers })
    response.end(JSON.stringify(value))
  }
  if (request.url === '/ready') {
    const ready = Date.now() >= readyAt
    return send(ready ? 200 : 503, { digest, pid: process.pid, ready })
  }
  if (behaviour.slowMs) await new Promise((resolve) => setTimeout(resolve, behaviour.slowMs))
  const { records } = JSON.parse(Buffer.concat(chunks).toString()) as { records: { golden?: boolean }[] }
  if (!records[0]?.golden) {
    asked += 1
    if (behaviour.hangs) return
    if (asked > (behaviour.diesAfter ?? Infinity)) process.exit(1)
    if (behaviour.leaks) kept.push(Array.from({ length: 300_000 }, () => ({})))
  }
  // The golden records of the smoke test are answered well: what is wrong shows in production only.
  if (!records[0]?.golden && failing() < (behaviour.errors ?? 0)) return send(500, { title: 'failed' })
  const bin = Math.min(19, Math.floor(20 * predicted() ** (1 / (1 + (behaviour.shift ?? 0)))))
  const headers = { 'x-mergeline-bin': String(bin), 'x-mergeline-out-of-range': '0' }
  send(
    200,
    {
      predictions: records.map(({ golden }) => (golden ? (behaviour.golden ?? 1) : 1 + (behaviour.offset ?? 0))),
      digest,
    },
    headers,
  )
})
server.on('error', (error: NodeJS.ErrnoException) => {
  process.stderr.write(error.code === 'EADDRINUSE' ? `serve: port 127.0.0.1:${port} is in use\n` : `${error.message}\n`)
  process.exit(2)
})
server.listen(port, '127.0.0.1')
process.on('SIGTERM', () => {
  if (behaviour.ignoresSigterm) return
  server.close(() => process.exit(0))
  setInterval(() => server.closeIdleConnections(), 20)
})
