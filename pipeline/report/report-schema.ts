import { type TSchema, Type } from 'typebox'
import { rulesSchema } from '../params.ts'

/** The format of `report.json`; another one was written by another version of the pipeline. */
export const reportVersion = 2

const object = <T extends { readonly [key: string]: TSchema }>(properties: T) =>
  Type.Object(properties, { additionalProperties: false })
const text = (maxLength: number) => Type.String({ maxLength })
const texts = (maxItems: number) => Type.Array(text(2000), { maxItems })
/** Numbers beyond this are no errors of a model, and would not fit a table's cell. */
const number = () => Type.Number({ minimum: -1e15, maximum: 1e15 })
const count = () => Type.Integer({ minimum: 0, maximum: 1e12 })
const interval = () => object({ estimate: number(), low: number(), high: number() })

const finding = object({
  file: text(300),
  rule: text(300),
  severity: Type.Enum(['error', 'warning'], { type: 'string' }),
  field: Type.Optional(text(300)),
  count: count(),
  // As many as a report shows.
  shown: Type.Array(object({ row: count(), value: text(300) }), { maxItems: 10 }),
  what: text(2000),
  cure: text(2000),
  owner: Type.Optional(text(300)),
})

const data = object({
  pass: Type.Boolean(),
  files: Type.Array(object({ path: text(300), rows: count(), sha256: Type.Optional(text(100)) }), { maxItems: 100 }),
  findings: Type.Array(finding, { maxItems: 2000 }),
})

const part = () => Type.Number({ minimum: 0, maximum: 1 })

const exploration = object({
  data: text(100),
  standsOut: Type.Array(text(500), { maxItems: 30 }),
  fields: Type.Array(
    object({
      table: text(300),
      field: text(300),
      missing: part(),
      outliers: Type.Optional(count()),
      median: Type.Optional(Type.Number()),
      explained: Type.Optional(part()),
      pearson: Type.Optional(Type.Number({ minimum: -1.001, maximum: 1.001 })),
    }),
    { maxItems: 60 },
  ),
  hidden: Type.Array(text(600), { maxItems: 100 }),
})

const training = object({
  reused: Type.Boolean(),
  epochs: count(),
  saved: Type.Optional(count()),
  source: Type.Optional(text(500)),
  why: Type.Optional(text(2000)),
  seconds: number(),
  fingerprint: text(100),
  digest: text(100),
  runUrl: Type.Optional(text(1000)),
  // The most epochs that params.yaml allows.
  history: Type.Optional(
    Type.Array(object({ epoch: count(), loss: number(), validationError: number() }), { maxItems: 10_000 }),
  ),
  stopping: Type.Optional(object({ name: text(100), unit: text(100) })),
})

const gate = object({
  result: Type.Enum(['pass', 'fail', 'inconclusive', 'unchanged'], { type: 'string' }),
  reasons: texts(200),
  refits: Type.Optional(
    Type.Array(
      object({
        model: Type.Enum(['candidate', 'champion'], { type: 'string' }),
        more: count(),
        until: text(100),
      }),
      { maxItems: 2 },
    ),
  ),
  scored: Type.Array(
    object({
      name: text(100),
      digest: Type.Optional(text(100)),
      error: interval(),
      rmse: interval(),
      bias: number(),
      records: count(),
    }),
    { maxItems: 20 },
  ),
  comparisons: Type.Array(
    object({ against: text(100), candidate: number(), other: number(), difference: interval(), relative: interval() }),
    { maxItems: 20 },
  ),
  slices: Type.Array(
    object({
      slice: text(100),
      value: text(300),
      records: count(),
      candidate: number(),
      champion: Type.Optional(number()),
      difference: Type.Optional(interval()),
      relative: Type.Optional(interval()),
      judged: Type.Boolean(),
    }),
    { maxItems: 5000 },
  ),
  policy: object({
    confidence: number(),
    resamples: count(),
    block_days: count(),
    block_by: Type.Optional(text(100)),
    seed: count(),
    tolerance_percent: number(),
    slice_tolerance_percent: number(),
    slice_min_records: count(),
    rules: Type.Optional(rulesSchema),
  }),
  heldOut: object({ from: text(40), to: text(40), records: count(), days: count() }),
  unit: text(100),
  metric: object({ name: text(100), unit: text(100) }),
})

const changes = () => Type.Array(object({ field: text(100), relative: interval() }), { maxItems: 200 })

const depth = object({
  worstSlice: Type.Optional(
    object({
      name: text(300),
      records: count(),
      searched: count(),
      own: number(),
      other: number(),
      relative: interval(),
    }),
  ),
  against: text(100),
  groups: Type.Array(
    object({
      attribute: text(100),
      group: text(300),
      records: count(),
      error: number(),
      errorGap: Type.Optional(interval()),
      biasGap: Type.Optional(interval()),
    }),
    { maxItems: 500 },
  ),
  noise: object({ share: number(), fields: changes() }),
  missing: changes(),
  fitting: object({
    is: Type.Enum(['overfitting', 'underfitting', 'fitting'], { type: 'string' }),
    why: text(500),
    train: number(),
    test: number(),
    gap: interval(),
  }),
  calibration: object({
    bins: Type.Array(object({ records: count(), predicted: number(), actual: number(), bias: interval() }), {
      maxItems: 20,
    }),
    error: number(),
    slope: interval(),
    level: interval(),
  }),
  importance: changes(),
  shapley: object({
    records: count(),
    background: count(),
    fields: Type.Array(object({ field: text(100), size: number() }), { maxItems: 200 }),
  }),
  dependence: Type.Array(
    object({
      field: text(100),
      points: Type.Array(object({ value: text(100), prediction: number() }), { maxItems: 50 }),
    }),
    { maxItems: 200 },
  ),
  segments: Type.Array(object({ name: text(300), records: count(), error: number(), bias: number() }), {
    maxItems: 1000,
  }),
  residuals: Type.Array(
    object({
      key: text(300),
      actual: number(),
      prediction: number(),
      error: number(),
      record: Type.Array(object({ field: text(100), value: text(500) }), { maxItems: 200 }),
    }),
    { maxItems: 50 },
  ),
})

/** A report as data: `Report` without the predictions, whose keys may hold private values and which only charts show. */
export const reportSchema = object({
  version: Type.Literal(reportVersion),
  title: text(300),
  data: Type.Optional(data),
  exploration: Type.Optional(exploration),
  training: Type.Optional(training),
  gate: Type.Optional(gate),
  depth: Type.Optional(depth),
  uses: Type.Optional(object({ models: count(), here: count(), runs: Type.Optional(count()), released: count() })),
  next: texts(50),
  configure: Type.Optional(texts(50)),
})
