import { seenUntil } from '../../pipeline/tracking/manifest.ts'
import { maxExplained } from '../explainer.ts'
import { type ModelFacts, type ServedBundle, versionOf } from '../model.ts'
import { inputTensors } from '../protocols/tensors.ts'
import type { RecordCheck } from '../record-check.ts'
import { exampleRecord, exampleTensors } from './example.ts'
import { operation, refusals } from './operation.ts'
import { object, orNull, ref, type Schema, schemasOf, text, whether } from './schemas.ts'

export type Described = {
  readonly bundle: Pick<ServedBundle, 'digest' | 'manifest' | 'profile' | 'recordSchema'>
  readonly model: ModelFacts
  readonly records: RecordCheck
  readonly maxRecords: number
  readonly reload?: unknown
}

/**
 * Makes the OpenAPI 3.1 description of a server, all of it from the bundle's record schema: what it says of a body is what the server accepts.
 * Source: https://spec.openapis.org/oas/v3.1.1
 */
export function openApiDocument({ bundle, model, records, maxRecords, reload }: Described): Schema {
  const { target, window } = bundle.manifest
  const version = versionOf(model, bundle.digest)
  const inPath = (name: string, value: string): Schema => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', enum: [value] },
  })
  return {
    openapi: '3.1.0',
    info: {
      title: `${model.name}: predictions of ${target}`,
      version,
      description: `The model ${bundle.digest}, trained on records from ${window.from} to ${seenUntil(bundle.manifest)}.`,
    },
    tags: [
      { name: 'predict', description: 'Predictions' },
      { name: 'inference', description: 'The Open Inference Protocol V2' },
      { name: 'about', description: 'What is served, and how it is' },
    ],
    paths: {
      ...predictPaths(records, bundle.profile.interval !== undefined),
      ...serverPaths,
      ...modelPaths('/v2/models/{model}', [inPath('model', model.name)], records),
      ...modelPaths(
        '/v2/models/{model}/versions/{version}',
        [inPath('model', model.name), inPath('version', version)],
        records,
      ),
      ...aboutPaths,
      ...(reload ? reloadPath : {}),
    },
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key, or a token of the issuer that the server trusts',
        },
        basic: { type: 'http', scheme: 'basic', description: 'Any name, and the API key as the password' },
      },
      responses: Object.fromEntries(
        Object.entries(refusals).map(([status, description]) => [
          status,
          { description, content: { 'application/problem+json': { schema: ref('Problem') } } },
        ]),
      ),
      schemas: schemasOf(bundle, records, maxRecords),
    },
  }
}

function predictPaths(records: RecordCheck, hasIntervals: boolean): Schema {
  const example = exampleRecord(records)
  const [name = ''] = Object.keys(example)
  const ofIntervals = hasIntervals
    ? ' With `interval=true`, also between which values what happens lies, and with which probability.'
    : ''
  return {
    '/v1/predict': {
      post: operation({
        tag: 'predict',
        summary: 'Predictions for one record or several, in their order',
        description: `With \`explain=true\`, also why, for the first ${maxExplained} records: what each field adds to the mean prediction (Shapley values).${ofIntervals}`,
        parameters: (hasIntervals ? ['explain', 'interval'] : ['explain']).map((name) => ({
          name,
          in: 'query',
          schema: { type: 'boolean', default: false },
        })),
        scope: 'predict',
        body: { schema: ref('Prediction'), example: { records: [example] } },
        answer: ref('Predictions'),
      }),
    },
    '/invocations': {
      post: operation({
        tag: 'predict',
        summary: 'The same for clients of MLflow',
        description: `Columns of \`dataframe_split\` may come in any order. \`inputs\` may also be columns of equal length: \`{"${name}": [...], ...}\`.`,
        scope: 'predict',
        body: { schema: ref('Invocation'), example: { dataframe_records: [example] } },
        answer: ref('Predictions'),
      }),
    },
    '/ping': {
      get: operation({
        tag: 'predict',
        summary: 'Whether MLflow’s clients may begin',
        answer: object({ live: whether }),
      }),
    },
  }
}

const serverPaths: Schema = {
  '/v2': {
    get: operation({
      tag: 'inference',
      summary: 'The server',
      scope: 'read',
      answer: object({ name: text, version: text, extensions: { type: 'array', items: text } }),
    }),
  },
  '/v2/health/live': {
    get: operation({ tag: 'inference', summary: 'Whether the server lives', answer: object({ live: whether }) }),
  },
  '/v2/health/ready': {
    get: operation({
      tag: 'inference',
      summary: 'Whether the server is ready',
      answer: object({ ready: whether }),
      refused: [503],
    }),
  },
}

function modelPaths(prefix: string, parameters: readonly Schema[], records: RecordCheck): Schema {
  const tag = 'inference'
  const inputs = exampleTensors(exampleRecord(records), inputTensors(records))
  return {
    [prefix]: {
      get: operation({
        tag,
        summary: 'The model’s tensors',
        scope: 'read',
        answer: ref('ModelMetadata'),
        parameters,
        refused: [404],
      }),
    },
    [`${prefix}/ready`]: {
      get: operation({
        tag,
        summary: 'Whether the model is ready',
        answer: object({ name: text, ready: whether }),
        parameters,
        refused: [404, 503],
      }),
    },
    [`${prefix}/infer`]: {
      post: operation({
        tag,
        summary: 'Predictions for the records that the tensors make',
        description:
          'A tensor for each field; the first dimension counts the records and is the same for all. Data may be flat, row after row, or nested. ' +
          'Shape and data must agree, which no schema can say: 422 where they do not.',
        scope: 'predict',
        body: { schema: ref('InferenceRequest'), example: { inputs } },
        answer: ref('InferenceResponse'),
        parameters,
        refused: [404],
      }),
    },
  }
}

const reloadPath: Schema = {
  '/v1/reload': {
    post: operation({
      tag: 'about',
      summary: 'Serves the bundle that lies in its place now, once it is verified',
      scope: 'control',
      answer: object({ digest: ref('Digest'), before: ref('Digest'), changed: whether }),
      refused: [409, 503],
    }),
  },
}

const aboutPaths: Schema = {
  '/live': { get: operation({ tag: 'about', summary: 'Whether the server lives', answer: object({ live: whether }) }) },
  '/ready': {
    get: operation({
      tag: 'about',
      summary: 'Whether the server is ready',
      answer: object({ digest: ref('Digest'), pid: { type: 'integer' }, ready: whether }),
      refused: [503],
    }),
  },
  '/health': { get: operation({ tag: 'about', summary: 'How the server is', scope: 'read', answer: ref('Health') }) },
  '/v1/card': {
    get: operation({
      tag: 'about',
      summary: 'The model card, in Markdown',
      scope: 'read',
      answer: object({ markdown: orNull(text) }),
    }),
  },
  '/v1/audit': {
    get: operation({
      tag: 'about',
      summary:
        'The newest audit records of this server, without what was asked; those of the key alone, where it was not granted read by name',
      scope: 'read',
      answer: object({ records: { type: 'array', items: { type: 'object' } } }),
    }),
  },
  '/v1/rollout': {
    get: operation({
      tag: 'about',
      summary: 'What the gateway tells of the rollout',
      scope: 'read',
      answer: object({
        rollout: orNull(text),
        stable: orNull(ref('Digest')),
        canary: orNull(ref('Digest')),
        weight: { type: 'number' },
        counts: { type: 'object' },
        verdict: { ...orNull(text), description: 'the verdict so far, in one line' },
      }),
      refused: [503],
    }),
  },
  '/metadata': {
    get: operation({ tag: 'about', summary: 'What model is served', scope: 'read', answer: ref('Metadata') }),
  },
  '/metrics': {
    get: operation({
      tag: 'about',
      summary: 'What the server counts, as Prometheus reads it',
      answer: text,
      type: 'text/plain',
    }),
  },
}
