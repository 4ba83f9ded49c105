import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import { Refusal } from './problem.ts'

/**
 * Makes the hook that refuses what one key or token asks beyond `perMinute` with 429 and Retry-After; to be run once it is known who asks. Answers tell what
 * is left by `x-ratelimit-*`.
 */
export async function limitRate(app: FastifyInstance, perMinute: number): Promise<onRequestHookHandler> {
  await app.register(rateLimit, {
    global: false,
    max: perMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => request.principal?.id ?? '',
    errorResponseBuilder: (_request, { max, ttl }) =>
      new Refusal(429, `this key has made its ${max} requests of this minute`, {
        retryAfterSeconds: Math.ceil(ttl / 1000),
      }),
  })
  return app.rateLimit()
}
