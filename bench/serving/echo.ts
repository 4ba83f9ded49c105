/** The process of the yardstick: Fastify as it comes, one route with the record's schema, which answers with the record that it was sent. */
import Fastify from 'fastify'
import { recordSchema } from '../../pipeline/task/record.ts'

const app = Fastify({
  ajv: { customOptions: { coerceTypes: false, removeAdditional: false, keywords: ['unit', 'private'] } },
})
app.get('/ready', async () => ({ ready: true }))
app.post('/echo', { schema: { body: recordSchema } }, async (request) => request.body)
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
