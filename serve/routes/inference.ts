import type { FastifyInstance, FastifyRequest } from 'fastify'
import { versionOf } from '../model.ts'
import { Refusal, wrongAt } from '../problem.ts'
import { inputTensors, onlyKnown, readTensors } from '../protocols/tensors.ts'
import { isObject } from '../record-check.ts'
import type { Serving } from '../serving.ts'

/**
 * The REST routes of the Open Inference Protocol V2: health, metadata and inference of the one model that is served, with or without its version.
 * Source: https://github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md.
 */
export async function inferenceRoutes(app: FastifyInstance, serving: Serving) {
  const { bundle, model, needs, predict, records, maxRecords, draining } = serving
  const version = versionOf(model, bundle.digest)
  const target = bundle.manifest.target
  const metadata = {
    name: model.name,
    versions: [version],
    platform: 'mergeline_tfjs',
    inputs: inputTensors(records),
    outputs: [{ name: target, datatype: 'FP64', shape: [-1] }],
  }
  const ready = () => {
    if (draining()) throw new Refusal(503, 'this server is draining', { retryAfterSeconds: 1 })
    return true
  }
  const known = (request: FastifyRequest) => {
    const asked = request.params as { readonly model: string; readonly version?: string }
    if (asked.model !== model.name) throw new Refusal(404, `no such model; the one that is served is ${model.name}`)
    if ((asked.version ?? version) !== version) throw new Refusal(404, `no such version; ${version} is served`)
  }

  // Triton's client sends JSON and does not say so.
  app.addHook('onRequest', (request, _reply, done) => {
    request.headers['content-type'] ??= 'application/json'
    done()
  })
  app.get('/v2/health/live', async () => ({ live: true }))
  app.get('/v2/health/ready', async () => ({ ready: ready() }))
  app.get('/v2', { onRequest: needs('read') }, async () => ({ name: 'mergeline', version: '1', extensions: [] }))
  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    app.get(path, { onRequest: needs('read') }, async (request) => {
      known(request)
      return metadata
    })
    app.get(`${path}/ready`, async (request) => {
      known(request)
      return { name: model.name, ready: ready() }
    })
    app.post(`${path}/infer`, { onRequest: needs('predict') }, async (request, reply) => {
      known(request)
      const id = asked(request.body, target)
      const predictions = await predict(readTensors(request.body, records, maxRecords), request, reply)
      return {
        model_name: model.name,
        model_version: version,
        ...(id === undefined ? {} : { id }),
        parameters: { digest: bundle.digest },
        outputs: [{ name: target, datatype: 'FP64', shape: [predictions.length], data: predictions }],
      }
    })
  }
}

/** Checks what a request says beside its tensors, and returns its id. */
function asked(body: unknown, target: string): string | undefined {
  if (!isObject(body)) throw wrongAt([], 'must be an inference request: {"inputs": [...]}')
  onlyKnown(body, ['id', 'parameters', 'inputs', 'outputs'], [])
  const { id, outputs = [] } = body
  if (id !== undefined && !(typeof id === 'string' && id.length <= 200))
    throw wrongAt(['id'], 'must be a string of at most 200 characters')
  if (!Array.isArray(outputs) || !outputs.every((output) => isObject(output) && output['name'] === target))
    throw wrongAt(['outputs'], `must be an array of the outputs wanted: ${target} is the only one`)
  for (const [index, output] of outputs.entries()) onlyKnown(output, ['name', 'parameters'], ['outputs', index])
  return id
}
