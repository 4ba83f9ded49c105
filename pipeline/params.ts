import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { algorithms, initializers, refits } from './algorithm.ts'
import { backends } from './backend.ts'
import { InputError } from './errors.ts'
import { type DeepReadonly, validate } from './schema.ts'
import { searchSchema } from './search-params.ts'
import { parseYaml } from './yaml.ts'

const strict = { additionalProperties: false }
const percent = (description: string) => Type.Number({ minimum: 0, maximum: 100, description })

const trainSchema = Type.Object(
  {
    seed: Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 }),
    backend: Type.Enum([...backends], {
      type: 'string',
      description: 'TensorFlow.js backend; part of the fingerprint',
    }),
    split: Type.Object(
      {
        validation_days: Type.Integer({
          minimum: 1,
          description: 'days before the test window that decide when training stops',
        }),
        test_days: Type.Integer({ minimum: 1, description: 'the last days of the data: seen by the gate only' }),
      },
      strict,
    ),
    algorithm: Type.Enum([...algorithms], { type: 'string', description: 'how the model is made' }),
    refit: Type.Optional(
      Type.Enum([...refits], {
        type: 'string',
        description: 'whether what ships is fitted again, to all records, once the model that is judged is there',
      }),
    ),
    ridge: Type.Object(
      {
        penalty: Type.Number({
          minimum: 1e-9,
          maximum: 1e3,
          description:
            "times each feature's own variance: as a penalty of this times the number of records on standardised features",
        }),
      },
      strict,
    ),
    network: Type.Object(
      {
        hidden: Type.Array(Type.Integer({ minimum: 1, maximum: 1024 }), { minItems: 1, maxItems: 6 }),
        initializer: Type.Enum([...initializers], { type: 'string', description: 'first weights of hidden layers' }),
        learning_rate: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
        l2: Type.Number({ minimum: 0, maximum: 1 }),
      },
      strict,
    ),
    interval_coverage: Type.Number({
      minimum: 0.5,
      maximum: 0.99,
      description: 'the share of what happens that prediction intervals hold',
    }),
    epochs: Type.Integer({ minimum: 1, maximum: 10_000 }),
    batch_size: Type.Integer({ minimum: 1, maximum: 65_536 }),
    patience: Type.Integer({
      minimum: 1,
      description: 'epochs without a better validation error before training stops',
    }),
  },
  strict,
)

const limit = (description: string) => Type.Number({ minimum: 0, maximum: 1e6, description })
const records = Type.Integer({ minimum: 20, description: 'fewer records say nothing' })

/** What the gate looks at beside means; each may be left out. Percentages are of an error unless they say otherwise. */
export const rulesSchema = Type.Partial(
  Type.Object({
    worst_slice: Type.Object(
      {
        tolerance_percent: limit(
          'how much worse than the champion, or the best baseline, on the worst group that a search finds',
        ),
        min_records: records,
      },
      strict,
    ),
    fairness: Type.Object(
      {
        error_percent: limit('how much larger the error on a group may be than on all others'),
        bias_percent: limit(
          'how much too high or low a group may be predicted in comparison with all others, in percent of what happens',
        ),
        per_target: Type.Boolean({
          description: 'compare errors in percent of what happens: for groups that differ in size',
        }),
        min_records: records,
      },
      strict,
    ),
    robustness: Type.Object(
      {
        noise_share: Type.Number({
          exclusiveMinimum: 0,
          maximum: 1,
          description: "standard deviation of the noise, as a share of the field's",
        }),
        noise_percent: limit('how much noise on one field may add to the error'),
        missing_percent: limit('how much one field that is missing may add to the error'),
      },
      strict,
    ),
    overfitting: Type.Object(
      { tolerance_percent: limit('how far the held-out error may be above the training error') },
      strict,
    ),
    calibration: Type.Object(
      {
        slope_tolerance: Type.Number({
          minimum: 0,
          maximum: 1,
          description: 'how far the slope of what happens by what is predicted may be from 1',
        }),
        level_percent: limit('how much too high or low predictions may be on average, in percent of what happens'),
      },
      strict,
    ),
  }),
  strict,
)

const paramsSchema = Type.Object(
  {
    validate_data: Type.Object(
      {
        max_shown: Type.Integer({ minimum: 1, maximum: 100 }),
        family_wise_error: Type.Number({
          minimum: 0.0001,
          maximum: 0.2,
          description: 'the probability that any check `distribution` of any file finds something in sound data',
        }),
      },
      strict,
    ),
    train: trainSchema,
    evaluate_gate: Type.Object(
      {
        confidence: Type.Number({ minimum: 0.5, maximum: 0.999 }),
        resamples: Type.Integer({ minimum: 200, maximum: 100_000 }),
        block_days: Type.Integer({ minimum: 1, maximum: 90 }),
        block_by: Type.Optional(
          Type.String({
            description:
              'a slice whose groups are drawn whole by the bootstrap, in the place of blocks of block_days days',
          }),
        ),
        seed: Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 }),
        tolerance_percent: percent("how much worse than the champion, in percent of the champion's error"),
        slice_tolerance_percent: percent('the same for a slice'),
        slice_min_records: Type.Integer({ minimum: 1 }),
        rules: Type.Optional(rulesSchema),
      },
      strict,
    ),
    register: Type.Object({ model: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }) }, strict),
    search: Type.Optional(searchSchema),
  },
  strict,
)

export type Params = DeepReadonly<Static<typeof paramsSchema>>

/** Reads `params.yaml` under `root` and checks it. Throws InputError naming the file, the path in it and what is allowed. */
export function loadParams(root: string): Params {
  let text: string
  try {
    text = readFileSync(join(root, 'params.yaml'), 'utf8')
  } catch (cause) {
    throw new InputError(
      'params.yaml: cannot be read; run this in the root of the repository, or restore the file with `git checkout params.yaml`',
      { cause },
    )
  }
  return parseParams(text)
}

/** The same from text. */
export function parseParams(text: string): Params {
  return validate(paramsSchema, parseYaml(text, 'params.yaml'), 'params.yaml')
}

/** Checks a section `train` that was made from `params.yaml`; `where` says what of it made it so. Throws InputError. */
export function checkTrain(train: unknown, where: string): Params['train'] {
  return validate(trainSchema, train, where)
}
