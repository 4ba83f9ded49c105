import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import { answerBadAddress, answerBroken } from './refusals.ts'
import type { Tls } from './tls.ts'

const maxBodyBytes = 1024 * 1024

/** Makes an empty app with the limits that every request keeps: 1 MiB, headers within 5 s, all of it within 10 s; over TLS where there is a certificate. */
export function newFastify(logger: FastifyServerOptions['logger'], tls: Tls['options'] | undefined): FastifyInstance {
  // What does not arrive whole ends with 408: looked for each second, since Node's 30 s are longer than the limits themselves.
  const http = { headersTimeout: 5_000, connectionsCheckingInterval: 1_000 }
  const options = {
    logger: logger ?? false,
    logController: new LogController({ disableRequestLogging: true }),
    // One log for all requests: a child of it for each costs more than the few that log anything are worth. They give their id.
    childLoggerFactory: (log: FastifyBaseLogger) => log,
    bodyLimit: maxBodyBytes,
    requestTimeout: 10_000,
    // Who does not read an answer holds what made it.
    connectionTimeout: 30_000,
    // A request that arrives while the server closes is answered: only its connection ends.
    return503OnClosing: false,
    frameworkErrors: answerBadAddress,
    clientErrorHandler: answerBroken,
  }
  if (!tls) return Fastify({ ...options, http })
  // The same app to everybody else, whatever its socket.
  return Fastify({
    ...options,
    https: { ...http, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 },
  }) as unknown as FastifyInstance
}
