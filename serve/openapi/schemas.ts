import type { ServedBundle } from '../model.ts'
import { acceptedDatatypes, inputTensors, type Tensor } from '../protocols/tensors.ts'
import type { RecordCheck } from '../record-check.ts'

export type Schema = { readonly [keyword: string]: unknown }

/** A schema of the document, by name. */
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })

/** An object whose properties are all required but the optional ones. */
export const object = (properties: Schemas, optional: readonly string[] = [], more: Schema = {}): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  ...more,
})

type Schemas = { readonly [name: string]: Schema }
export const text: Schema = { type: 'string' }
export const whether: Schema = { type: 'boolean' }
const integer: Schema = { type: 'integer' }
const array = (items: Schema): Schema => ({ type: 'array', items })
/** That, or null. */
export const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })
/** Bodies are strict: what is not known is refused. */
export const strict = { additionalProperties: false }

/** The schemas of bodies and answers, made from the record's. */
export function schemasOf(
  { recordSchema, manifest: { target } }: Pick<ServedBundle, 'recordSchema' | 'manifest'>,
  records: RecordCheck,
  maxRecords: number,
): Schemas {
  const tensors = inputTensors(records)
  return {
    Record: recordSchema as Schema,
    Records: { ...array(ref('Record')), minItems: 1, maxItems: maxRecords },
    Digest: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
    Prediction: { type: 'object', oneOf: [object({ records: ref('Records') }, [], strict), ref('Record')] },
    Predictions: object(
      {
        predictions: array({ type: 'number' }),
        digest: ref('Digest'),
        explanations: array(ref('Explanation')),
        intervals: array(ref('Interval')),
        prediction_ids: {
          ...array({ type: 'string', format: 'uuid' }),
          description: 'One for each prediction, in their order, where an audit log keeps a record of it',
        },
      },
      ['prediction_ids', 'explanations', 'intervals'],
    ),
    Interval: object({
      low: { type: 'number' },
      high: { type: 'number' },
      coverage: { type: 'number', description: 'The share of what happens that lies between low and high' },
    }),
    Explanation: object({
      baseline: { type: 'number', description: 'The mean prediction of the bundle’s golden records' },
      contributions: {
        ...byField(records),
        description: 'What each field adds; baseline and contributions add up to the prediction',
      },
      standardErrors: byField(records),
      orders: { ...integer, description: 'Orders of the fields that were sampled' },
    }),
    Invocation: {
      type: 'object',
      oneOf: [
        object({ dataframe_split: split(records, maxRecords) }, [], strict),
        ...['dataframe_records', 'instances', 'inputs'].map((format) =>
          object({ [format]: ref('Records') }, [], strict),
        ),
      ],
    },
    InferenceRequest: object(
      {
        id: { type: 'string', maxLength: 200 },
        parameters: { type: 'object' },
        inputs: { ...array({ oneOf: tensors.map(tensor) }), minItems: 1, maxItems: tensors.length },
        outputs: array(object({ name: { const: target }, parameters: { type: 'object' } }, ['parameters'], strict)),
      },
      ['id', 'parameters', 'outputs'],
      strict,
    ),
    InferenceResponse: object(
      {
        model_name: text,
        model_version: text,
        id: text,
        parameters: { type: 'object' },
        outputs: array(
          object({
            name: { const: target },
            datatype: { const: 'FP64' },
            shape: array(integer),
            data: array({ type: 'number' }),
          }),
        ),
      },
      ['id'],
    ),
    ModelMetadata: object({
      name: text,
      versions: array(text),
      platform: text,
      inputs: array(ref('TensorMetadata')),
      outputs: array(ref('TensorMetadata')),
    }),
    TensorMetadata: object({ name: text, datatype: text, shape: array(integer) }),
    Health: object({
      status: { enum: ['serving', 'draining'] },
      digest: ref('Digest'),
      backend: text,
      environment: text,
      uptimeSeconds: integer,
      pid: integer,
      versions: { type: 'object', additionalProperties: text },
    }),
    Metadata: object({
      name: text,
      version: orNull(text),
      digest: ref('Digest'),
      fingerprint: orNull(text),
      commit: orNull(text),
      image: orNull(text),
      environment: text,
      target: text,
      trainingWindow: object({ from: text, trainUntil: text, until: text }),
      refit: {
        ...orNull(object({ on: text, until: text, more: integer, epochs: integer })),
        description:
          'What is served was fitted again after the judgement, to `more` records than before and all up to `until`; null where it is the model that was judged',
      },
      recordSchema: { type: 'object' },
    }),
    Problem: object(
      {
        type: text,
        title: text,
        status: integer,
        detail: text,
        errors: array(object({ field: text, pointer: text, message: text })),
      },
      ['errors'],
    ),
  }
}

const byField = ({ fields }: RecordCheck): Schema =>
  object(Object.fromEntries([...fields.keys()].map((name) => [name, { type: 'number' }])))

function split({ fields }: RecordCheck, maxRecords: number): Schema {
  const row = { type: 'array', prefixItems: [...fields.values()], items: false, minItems: fields.size }
  return object(
    {
      columns: { type: 'array', const: [...fields.keys()] },
      data: { ...array(row), minItems: 1, maxItems: maxRecords },
      index: { type: 'array' },
    },
    ['index'],
    strict,
  )
}

const tensor = ({ name, datatype, shape }: Tensor): Schema =>
  object(
    {
      name: { type: 'string', const: name },
      datatype: { type: 'string', enum: acceptedDatatypes(datatype) },
      shape: { ...array({ type: 'integer', minimum: 0 }), minItems: shape.length, maxItems: Math.max(shape.length, 2) },
      data: { type: 'array' },
      parameters: { type: 'object', properties: { binary_data_size: false } },
    },
    ['parameters'],
    strict,
  )
