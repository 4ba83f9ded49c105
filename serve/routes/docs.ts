import helmet from '@fastify/helmet'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { openApiDocument } from '../openapi/document.ts'
import type { Serving } from '../serving.ts'

/**
 * `/openapi.json`, and the same to read and try at `/docs`: open, because they tell nothing but how to ask. The page comes from this server alone and may
 * talk to no other.
 */
export async function docsRoutes(app: FastifyInstance, serving: Serving) {
  const document = openApiDocument(serving)
  const text = JSON.stringify(document)
  app.get('/openapi.json', async (_request, reply) => reply.type('application/json').send(text))
  await app.register(helmet, { contentSecurityPolicy: false, strictTransportSecurity: false })
  await app.register(swagger, { mode: 'static', specification: { document: document as never } })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // Without the bar that loads other servers' documents.
    uiConfig: { tryItOutEnabled: true, layout: 'BaseLayout' },
    staticCSP: {
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:'],
      'connect-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
    },
  })
}
