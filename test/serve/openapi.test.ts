import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { FastifyInstance } from 'fastify'
import { recordSchema } from '../../pipeline/task/record.ts'
import { createApp } from '../../serve/app.ts'
import { apiKey, appOptions, fakeBundle, record } from './helper.ts'

const authorization = `Bearer ${apiKey}`
type Operation = {
  security: object[]
  requestBody?: { content: { 'application/json': { schema: object; example: object } } }
  responses: { [status: string]: { $ref?: string; content?: { [type: string]: { schema: object } } } }
}
type Document = { paths: { [path: string]: { [method: string]: Operation } }; components: object }

async function described(bundle = fakeBundle()) {
  const app = await createApp({ ...appOptions, bundle })
  const answer = await app.inject('/openapi.json')
  const document = answer.json() as Document
  const ajv = new Ajv2020({ strict: false })
  formats.default(ajv)
  ajv.addSchema({ ...document, $id: 'document' })
  const matches = (schema: object, value: unknown) => {
    const check = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"document#/components')))
    assert.ok(check(value), JSON.stringify(check.errors))
  }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method as 'get' | 'post', operation })),
  )
  return { app, document, matches, operations }
}
const url = (path: string) => path.replace('{model}', 'fake').replace('{version}', 'a'.repeat(12))

test('each example is accepted, and each answer is as the document says, for this and for the repository’s own task', async () => {
  const own = fakeBundle({ recordSchema, predict: (records) => records.map(() => 1) })
  for (const bundle of [fakeBundle(), own]) {
    const { app, operations, matches } = await described(bundle)
    for (const { path, method, operation } of operations) {
      const body = operation.requestBody?.content['application/json']
      if (body) matches(body.schema, body.example)
      const payload = body?.example as object
      const answer = await app.inject({
        method,
        url: url(path),
        headers: { authorization },
        ...(body ? { payload } : {}),
      })
      assert.equal(answer.statusCode, 200, `${method} ${path}: ${answer.body}`)
      const [type, content] = Object.entries(operation.responses['200']?.content ?? {})[0] ?? []
      assert.ok(String(answer.headers['content-type']).startsWith(String(type)), path)
      if (type === 'application/json' && path !== '/ping') matches(content?.schema ?? {}, answer.json())
    }
  }
})

test('what the document says needs a key needs one, and refusals are as it says', async () => {
  const { app, operations, document, matches } = await described()
  for (const { path, method, operation } of operations) {
    const { statusCode } = await app.inject({ method, url: url(path) })
    assert.equal(statusCode, operation.security.length > 0 ? 401 : 200, path)
  }
  const refusal = await app.inject({ method: 'POST', url: '/v1/predict', headers: { authorization }, payload: {} })
  matches((document.components as { schemas: { Problem: object } }).schemas.Problem, refusal.json())
})

/** The paths of an app's routes, from the tree that Fastify prints of them. */
function pathsOf(app: FastifyInstance): string[] {
  const above: string[] = []
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part = '', methods] = /^(.*?)[├└]── (\S*?)(?: \((.+)\))?$/.exec(line) ?? []
      above.length = indent.length / 4
      above.push(part)
      return methods ? [above.join('')] : []
    })
}

test('every route is in the document, but for its own pages', async () => {
  const { app, document } = await described()
  const paths = Object.keys(document.paths).map((path) => path.replaceAll(/\{(\w+)\}/g, ':$1'))
  const routes = new Set(pathsOf(app).filter((path) => !/^\/($|page\/|docs|openapi\.json)/.test(path)))
  assert.deepEqual([...routes].sort(), paths.sort())
})

test('the pages come from this server alone, and may be switched off', async () => {
  const { app } = await described()
  const page = await app.inject('/docs/')
  assert.equal(page.statusCode, 200)
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'; script-src 'self';/)
  assert.equal(page.headers['x-content-type-options'], 'nosniff')
  assert.doesNotMatch(page.body, /https?:\/\//)
  const sources = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '')
  assert.ok(sources.length >= 4)
  for (const source of sources) {
    const answer = await app.inject(new URL(source, 'http://x/docs/').pathname)
    assert.equal(answer.statusCode, 200, source)
    if (source.includes('initializer')) assert.doesNotMatch(answer.body, /validatorUrl: "/)
  }
  const without = await createApp({ ...appOptions, docs: false })
  for (const path of ['/docs', '/docs/', '/openapi.json']) assert.equal((await without.inject(path)).statusCode, 404)
})

test('a method that a path does not have is refused with 405, before its body is read', async () => {
  const app = await createApp(appOptions)
  const ask = (method: 'GET' | 'PUT' | 'DELETE' | 'POST' | 'OPTIONS', path: string) =>
    app.inject({ method, url: path, ...(method === 'PUT' ? { payload: 'x' } : {}) })
  const cases = [
    [await ask('GET', '/v1/predict'), 'POST'],
    [await ask('PUT', '/v1/predict'), 'POST'],
    [await ask('OPTIONS', '/invocations'), 'POST'],
    [await ask('DELETE', '/v2/models/fake/ready'), 'GET, HEAD'],
    [await ask('POST', '/live'), 'GET, HEAD'],
  ] as const
  for (const [answer, allow] of cases) {
    assert.equal(answer.statusCode, 405)
    assert.equal(answer.headers['allow'], allow)
    assert.equal(answer.json().status, 405)
  }
  assert.equal((await app.inject({ method: 'HEAD', url: '/live' })).statusCode, 200)
})

test('health and metadata tell what is served, to who may read', async () => {
  const model = { name: 'sales', version: '7', fingerprint: 'sha256:f', commit: 'c', image: 'i@sha256:d' }
  const app = await createApp({ ...appOptions, model, versions: { tensorflowJs: '4' } })
  const get = async (path: string, key = apiKey) => {
    const answer = await app.inject({ url: path, headers: { authorization: `Bearer ${key}` } })
    return { status: answer.statusCode, body: answer.json() }
  }
  const { body: health } = await get('/health')
  assert.equal(health.backend, 'cpu')
  assert.equal(health.digest, fakeBundle().digest)
  assert.equal(health.versions.tensorflowJs, '4')
  assert.equal(health.versions.node, process.versions.node)
  assert.ok(Number.isInteger(health.uptimeSeconds))
  const { body: metadata } = await get('/metadata')
  for (const [name, value] of Object.entries(model)) assert.equal(metadata[name], value)
  assert.deepEqual(metadata.trainingWindow, fakeBundle().manifest.window)
  assert.equal(metadata.refit, null)
  assert.deepEqual(Object.keys(metadata.recordSchema.properties), Object.keys(record))
  assert.equal((await get('/metadata', 'another key')).status, 403)
})

test('of a model that was fitted again after the judgement, all says up to when what is served has learnt', async () => {
  const { manifest, ...bundle } = fakeBundle()
  const refit = { on: 'all', until: '2023-03-04', more: 50, epochs: 2 } as const
  const { app, document, matches } = await described({ ...bundle, manifest: { ...manifest, refit } })
  assert.match(JSON.stringify(document), /trained on records from 2020-01-01 to 2023-03-04\./)
  assert.match((await app.inject('/')).body, /learnt from records of 2020-01-01 to 2023-03-04\./)
  const metadata = (await app.inject({ url: '/metadata', headers: { authorization } })).json()
  assert.deepEqual([metadata.trainingWindow, metadata.refit], [manifest.window, refit])
  matches({ $ref: '#/components/schemas/Metadata' }, metadata)
})
