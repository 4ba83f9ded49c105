import { Type } from 'typebox'

const strict = { additionalProperties: false }
const value = Type.Union([
  Type.String(),
  Type.Number(),
  Type.Boolean(),
  Type.Array(Type.Union([Type.String(), Type.Number()])),
])
const range = Type.Object(
  {
    from: Type.Number(),
    to: Type.Number(),
    scale: Type.Enum(['linear', 'log'], { type: 'string' }),
    integer: Type.Optional(Type.Boolean({ description: 'whole numbers only' })),
    steps: Type.Optional(Type.Integer({ minimum: 2, maximum: 1000, description: 'how many values a grid takes' })),
  },
  strict,
)
const folds = (minimum: number) => Type.Integer({ minimum, maximum: 50 })

/** The section `search` of params.yaml: what `npm run search` tries, how and for how long. */
export const searchSchema = Type.Object(
  {
    method: Type.Enum(['grid', 'random', 'successive_halving'], { type: 'string' }),
    budget: Type.Object(
      {
        trials: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, description: 'of train.epochs each' })),
        epochs: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000_000, description: 'of all trials, a fold' })),
      },
      { ...strict, minProperties: 1, maxProperties: 1 },
    ),
    seed: Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 }),
    cross_validation: Type.Union([
      Type.Object({ kind: Type.Literal('rolling_origin'), folds: folds(1) }, strict),
      Type.Object({ kind: Type.Literal('grouped'), folds: folds(2), by: Type.String({ minLength: 1 }) }, strict),
      Type.Object({ kind: Type.Literal('stratified'), folds: folds(2), by: Type.String({ minLength: 1 }) }, strict),
    ]),
    space: Type.Record(
      Type.String({ pattern: '^[a-z]\\w*(\\.[a-z]\\w*)*$' }),
      Type.Union([Type.Array(value, { minItems: 1, maxItems: 1000 }), range]),
      { ...strict, minProperties: 1 },
    ),
  },
  strict,
)
