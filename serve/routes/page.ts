import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { pageOf } from '../page/page.ts'
import type { Serving } from '../serving.ts'

// Of this server alone: no inline script or style, no other address, no frame, no form that is sent by itself.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const assets = [
  ['page.css', 'text/css; charset=utf-8'],
  ['page.js', 'text/javascript; charset=utf-8'],
  ['charts.js', 'text/javascript; charset=utf-8'],
] as const

/** The page at `/`, for people: open to all, because it tells nothing but what to ask; what it shows beyond that it asks for by API key. */
export async function pageRoutes(app: FastifyInstance, serving: Serving) {
  const page = pageOf(serving)
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('content-security-policy', policy)
    reply.header('referrer-policy', 'no-referrer')
    reply.header('cross-origin-opener-policy', 'same-origin')
    done()
  })
  app.get('/', async (_request, reply) => reply.type('text/html; charset=utf-8').send(page))
  for (const [file, type] of assets) {
    const text = readFileSync(join(import.meta.dirname, '..', 'page', 'assets', file), 'utf8')
    app.get(`/page/${file}`, async (_request, reply) => reply.type(type).send(text))
  }
}
