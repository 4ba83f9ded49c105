import type { FastifyError, FastifyInstance } from 'fastify'
import { problem, problemType, Refusal } from './problem.ts'

/** Makes every refusal of the app a problem (RFC 9457). What the server failed at is in its log, and nowhere in the answer. */
export function answerRefusals(app: FastifyInstance): void {
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).type(problemType).send(problem(404, 'no such route; predictions are at POST /v1/predict')),
  )
  app.setErrorHandler<FastifyError | Refusal>(async (error, request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500 && !(error instanceof Refusal)) request.log.error({ err: error }, 'failed')
    if (status === 401) reply.header('www-authenticate', 'Bearer')
    const refusal = error instanceof Refusal ? error : undefined
    if (refusal?.retryAfterSeconds !== undefined) reply.header('retry-after', refusal.retryAfterSeconds)
    const detail = status >= 500 && !refusal ? 'the server failed at this request; its log says why' : error.message
    return (
      reply
        .code(status)
        .type(problemType)
        // The Open Inference Protocol's clients look for their own word.
        .send({
          ...problem(status, detail, refusal?.errors),
          ...(request.url.startsWith('/v2') ? { error: detail } : {}),
        })
    )
  })
}
