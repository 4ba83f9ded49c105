import type { Feature, Features, FittedFeatures, Form, Json } from '../features/feature.ts'
import type { FieldSchema } from '../schema.ts'
import { daysOf } from './date.ts'
import type { Graph, TensorType, Value } from './graph.ts'
import { type FunctionName, readingOf, type Schema } from './reads.ts'

/** An input of the exported model: a field of the record, or a value that the caller computes as the feature's `read` does. */
export type Input = {
  readonly name: string
  readonly type: TensorType
  /** How many values a record has there; the name of a size where it is not fixed. */
  readonly width: number | string
  readonly computed: boolean
}

/** `source` is what an input stands for: of one name with another source, another input is made. */
type Inputs = { readonly take: (input: Input, source: unknown) => Value; readonly taken: readonly Input[] }

/** A fitted feature's columns, as double: [n, columns]. */
type Columns = { readonly value: Value; readonly count: number }

/**
 * Adds fitted features to a graph: → rows of features as the network takes them (float, [n, columns]), and the model's inputs. What a feature reads of the record is found by asking it
 * (`readingOf`), with `samples` as the records around. Where that is not expressed, the value itself becomes an input, named after the feature.
 */
export function featureNodes<R extends object>(
  graph: Graph,
  features: Features<R>,
  fitted: FittedFeatures,
  schema: Schema,
  samples: readonly R[],
): { readonly rows: Value; readonly inputs: readonly Input[] } {
  const inputs = inputsOf(graph)
  const context: Context<R> = { graph, schema, samples, inputs, days: new Map() }
  const parts = features.map((feature) => columnsOf(context, feature, fitted[feature.name] ?? null).value)
  return { rows: graph.cast(graph.node('Concat', parts, { axis: 1 }), 'float'), inputs: inputs.taken }
}

type Context<R> = {
  readonly graph: Graph
  readonly schema: Schema
  readonly samples: readonly R[]
  readonly inputs: Inputs
  /** The days since 1970 of each date that is read. */
  readonly days: Map<Value, Value>
}

function columnsOf<R extends object>(context: Context<R>, feature: Feature<R>, state: Json): Columns {
  const { graph } = context
  const { name, form } = feature
  const count = feature.columns(state).length
  const { doubles, whole } = constantsOf(graph)
  // A feature of the task's own making: its columns themselves are asked for.
  if (!form) return { value: computed(context, feature, name, 'double', count), count }
  const binary = (operator: string, left: Value, right: Value) => graph.node(operator, [left, right])
  const value = (): Value => {
    switch (form.kind) {
      case 'scaled':
        return standardised(graph, state, readNumber(context, name, form))
      case 'average':
        return standardised(graph, state, readMean(context, name, form))
      case 'truth':
        return readNumber(context, name, form)
      case 'category': {
        const { categories } = state as { categories: readonly string[] }
        const text = readText(context, name, form.read)
        return graph.cast(binary('Equal', text, graph.tensor([1, categories.length], categories)), 'double')
      }
      case 'weekday': {
        // 1970 began on a Thursday, and the columns begin with Sunday.
        const today = binary('Mod', binary('Add', readDays(context, name, form.read), whole(4)), whole(7))
        return graph.cast(binary('Equal', today, whole(0, 1, 2, 3, 4, 5, 6)), 'double')
      }
      case 'decades': {
        const origin = Date.parse((state as { origin: string }).origin) / 86_400_000
        const days = graph.cast(readDays(context, name, form.read), 'double')
        return binary('Div', binary('Sub', days, doubles(origin)), doubles(3652.5))
      }
      case 'season': {
        const days = readDays(context, name, form.read)
        // A year is 1,461 quarters of a day: what is left of whole turns is exact.
        const waves = Array.from({ length: form.harmonics }, (_, index) => {
          const quarters = binary('Mod', binary('Mul', days, whole(4 * (index + 1))), whole(1461))
          const turn = binary('Mul', graph.cast(quarters, 'double'), doubles((2 * Math.PI) / 1461))
          const cosine = graph.node('Sin', [binary('Add', turn, doubles(Math.PI / 2))])
          return [graph.node('Sin', [turn]), cosine]
        })
        return graph.node('Concat', waves.flat(), { axis: 1 })
      }
      case 'product': {
        const { left, right } = state as { left: Json; right: Json }
        const [a, b] = [columnsOf(context, form.left, left), columnsOf(context, form.right, right)]
        if (a.count === 1 || b.count === 1) return binary('Mul', a.value, b.value)
        const products = binary('Mul', binary('Unsqueeze', a.value, whole(2)), binary('Unsqueeze', b.value, whole(1)))
        return binary('Reshape', products, whole(0, count))
      }
    }
  }
  return { value: value(), count }
}

function standardised(graph: Graph, state: Json, value: Value): Value {
  const { mean, sd } = state as { mean: number; sd: number }
  const { doubles } = constantsOf(graph)
  return graph.node('Div', [graph.node('Sub', [value, doubles(mean)]), doubles(sd)])
}

type Scaled<R> = Extract<Form<R>, { kind: 'scaled' | 'truth' }>

function readNumber<R extends object>(context: Context<R>, name: string, { kind, read }: Scaled<R>): Value {
  const { graph, samples } = context
  const found = reading(context, read, ['number', 'integer', 'boolean'])
  const type = typeof (samples[0] ? read(samples[0]) : 0) === 'boolean' ? 'bool' : 'double'
  const value = found ? field(context, found.name, found.field) : computed(context, read, name, type, 1)
  const number = graph.cast(value, 'double')
  const result = found ? through(graph, found.through, number) : number
  // Only a 0 is no truth.
  return kind === 'truth' && found?.field.type !== 'boolean' && type !== 'bool'
    ? graph.cast(graph.cast(result, 'bool'), 'double')
    : result
}

type Averaged<R> = Extract<Form<R>, { kind: 'average' }>

function readMean<R extends object>(context: Context<R>, name: string, { read, days }: Averaged<R>): Value {
  const { graph } = context
  const { whole } = constantsOf(graph)
  const found = reading(context, read, ['array'])
  const values = found
    ? through(graph, found.through, field(context, found.name, found.field))
    : computed(context, read, name, 'double', `values of ${name}`)
  const last = graph.node('Slice', [values, whole(-days), whole(Number.MAX_SAFE_INTEGER), whole(1)])
  return graph.node('ReduceMean', [last, whole(1)], { keepdims: 1 })
}

function readText<R extends object>(context: Context<R>, name: string, read: (record: R) => string): Value {
  const found = reading(context, read, ['string'])
  return found ? field(context, found.name, found.field) : computed(context, read, name, 'string', 1)
}

function readDays<R extends object>(context: Context<R>, name: string, read: (record: R) => string): Value {
  const found = reading(context, read, ['string'])
  const date =
    found?.field.format === 'date'
      ? field(context, found.name, found.field)
      : computed(context, read, name, 'string', 1)
  const days = context.days.get(date) ?? daysOf(context.graph, date)
  context.days.set(date, days)
  return days
}

function reading<R extends object>(context: Context<R>, read: (record: R) => unknown, types: readonly string[]) {
  const found = readingOf(read, context.schema, context.samples)
  const schema = found && context.schema.properties?.[found.field]
  if (!found || !schema || !types.includes(schema.type ?? 'string')) return undefined
  return { name: found.field, field: schema, through: found.through }
}

const tensorTypes: { readonly [type: string]: TensorType } = { boolean: 'bool', string: 'string' }

/** A field of the record as an input: numbers are doubles, as JSON's are. */
function field<R>({ inputs }: Context<R>, name: string, { type = 'string', maxItems, minItems }: FieldSchema): Value {
  const width = type !== 'array' ? 1 : maxItems === minItems && maxItems ? maxItems : `values of ${name}`
  return inputs.take({ name, type: tensorTypes[type] ?? 'double', width, computed: false }, name)
}

/** A value that the caller computes, as an input. */
function computed<R>(
  context: Context<R>,
  source: object,
  feature: string,
  type: TensorType,
  width: number | string,
): Value {
  const name = feature in (context.schema.properties ?? {}) ? `${feature} (computed)` : feature
  return context.inputs.take({ name, type, width, computed: true }, source)
}

function through(graph: Graph, name: FunctionName, value: Value): Value {
  const { doubles } = constantsOf(graph)
  switch (name) {
    case 'identity':
      return value
    case 'log1p':
      return graph.node('Log', [graph.node('Add', [value, doubles(1)])])
    case 'log':
      return graph.node('Log', [value])
    case 'sqrt':
      return graph.node('Sqrt', [value])
    case 'square':
      return graph.node('Mul', [value, value])
    case 'not':
      return graph.node('Sub', [doubles(1), value])
  }
}

const constantsOf = (graph: Graph) => ({
  doubles: (...values: readonly number[]) => graph.tensor([values.length], Float64Array.from(values)),
  whole: (...values: readonly number[]) => graph.tensor([values.length], BigInt64Array.from(values, BigInt)),
})

/** Inputs, each once: fields are read by several features, and a feature may be part of several interactions. */
function inputsOf(graph: Graph): Inputs {
  const taken = new Map<unknown, Input>()
  const names = new Set<string>()
  return {
    get taken() {
      return [...taken.values()]
    },
    take(input, source) {
      const known = taken.get(source)
      if (known) return known.name
      let name = input.name
      for (let count = 2; names.has(name); count += 1) name = `${input.name} ${count}`
      names.add(name)
      taken.set(source, { ...input, name })
      return graph.input(name, input.type, input.width)
    },
  }
}
