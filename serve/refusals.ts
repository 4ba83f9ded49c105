import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Audit } from './audit/audit.ts'
import { problem, problemType, Refusal } from './problem.ts'

/**
 * Makes every refusal of the app a problem (RFC 9457), recorded before it leaves where there is an audit. What the server failed at is in its log, and
 * nowhere in the answer.
 */
export function answerRefusals(app: FastifyInstance, digest: string, audit?: Audit): void {
  app.setNotFoundHandler(async (request, reply) =>
    refuse(new Refusal(404, 'no such route; predictions are at POST /v1/predict'), request, reply),
  )
  app.setErrorHandler<FastifyError | Refusal>(async (error, request, reply) => refuse(error, request, reply))

  async function refuse(error: FastifyError | Refusal, request: FastifyRequest, reply: FastifyReply) {
    const refusal = error instanceof Refusal ? error : asRefusal(error, request)
    const { statusCode: status, message: detail, errors, retryAfterSeconds } = refusal
    if (status === 401) reply.header('www-authenticate', 'Bearer')
    if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds)
    await audit?.refused(request, reply, status, detail, digest)
    return send(reply, status, detail, errors)
  }
}

/** A client's mistake that Fastify found is told in Fastify's words, which repeat nothing; anything else is the server's own failure. */
function asRefusal(error: FastifyError, request: FastifyRequest): Refusal {
  const status = error.statusCode ?? 500
  if (status < 500) return new Refusal(status, error.message)
  request.log.error({ request: request.id, err: error }, 'failed')
  return new Refusal(status, 'the server failed at this request; its log says why')
}

/** Answers a request whose address cannot be read; Fastify's own words would repeat it. */
export const answerBadAddress = (_error: FastifyError, _request: FastifyRequest, reply: FastifyReply) =>
  send(reply, 400, 'the path of the request cannot be decoded')

/** How long who was told of a broken request may take to read it. */
const lingerMs = 1_000

const broken: { readonly [code: string]: readonly [number, string] } = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not arrive in time'],
  HPE_HEADER_OVERFLOW: [431, 'the headers of the request are too long'],
}

/** Answers what is no HTTP, or does not come to its end, and ends the connection. */
export function answerBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  // Somebody has hung up, or an answer has begun (as Node itself looks for it): nobody would understand another.
  const { _httpMessage: answer } = socket as { readonly _httpMessage?: { readonly _headerSent?: boolean } | null }
  if (error.code === 'ECONNRESET' || !socket.writable || answer?._headerSent) return void socket.destroy()
  const [status, detail] = broken[error.code ?? ''] ?? [400, 'the request is not HTTP/1.1']
  const made = problem(status, detail)
  const body = JSON.stringify(made)
  socket.end(
    `HTTP/1.1 ${status} ${made.title}\r\ncontent-type: ${problemType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
  // Whoever does not hang up then would hold the connection for good: Node has forgotten it.
  setTimeout(() => socket.destroy(), lingerMs).unref()
}

/** Notes each path as routes are registered; what it returns registers the refusal of the methods that a path does not have. */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const paths = new Set<string>()
  app.addHook('onRoute', ({ url }) => void paths.add(url))
  return () => {
    for (const url of [...paths]) {
      const allowed = app.supportedMethods.filter((method) => app.hasRoute({ url, method }))
      const allow = allowed.join(', ')
      const refuse = async (_request: FastifyRequest, reply: FastifyReply) => {
        reply.header('allow', allow)
        throw new Refusal(405, `this path takes ${allow}`)
      }
      const method = app.supportedMethods.filter((name) => !allowed.includes(name))
      // In onRequest: the body of what is refused is not read.
      app.route({ url, method, onRequest: refuse, handler: refuse })
    }
  }
}

function send(reply: FastifyReply, status: number, detail: string, errors?: Refusal['errors']): FastifyReply {
  const body = problem(status, detail, errors)
  return (
    reply
      .code(status)
      .type(problemType)
      // Clients of the Open Inference Protocol look for a word of their own.
      .send(reply.request.url.startsWith('/v2') ? { ...body, error: detail } : body)
  )
}
