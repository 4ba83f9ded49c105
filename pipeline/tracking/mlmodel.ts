import type { TSchema } from 'typebox'

/** What MLflow's page shows of a column: a scalar type, or an array or object of them (MLflow's `Schema`, JSON form). */
export type ColumnType =
  | { readonly type: 'string' | 'double' | 'long' | 'boolean' }
  | { readonly type: 'array'; readonly items: ColumnType }
  | {
      readonly type: 'object'
      readonly properties: { readonly [name: string]: ColumnType & { readonly required: boolean } }
    }

export type Column = ColumnType & { readonly name: string; readonly required: boolean }

/**
 * The file `MLmodel`: MLflow's own description of the model, so that its page shows inputs and output. The same schema gives the same
 * text: no time, no run. Signatures are JSON inside YAML strings, the form that MLflow's page reads.
 */
export function mlmodel(recordSchema: TSchema | object, target: { readonly name: string }): string {
  const outputs = [{ type: 'double', name: target.name, required: true }]
  // By hand: a JSON string is a YAML string, and a YAML library here would become part of every model's fingerprint.
  return [
    'flavors:',
    '  mergeline:',
    '    format: 1',
    `    server: ${text('serve/server.ts')}`,
    `    weights: ${text('weights.bin')}`,
    'signature:',
    `  inputs: ${text(JSON.stringify(columns(recordSchema)))}`,
    `  outputs: ${text(JSON.stringify(outputs))}`,
    '  params: null',
    '',
  ].join('\n')
}

/** The columns of an object schema, in its order. Throws for a type that MLflow has no word for. */
export function columns(schema: TSchema | object): Column[] {
  return Object.entries(propertiesOf(schema)).map(
    ([name, { required, ...type }]) => ({ ...type, name, required }) as Column,
  )
}

type JsonSchema = {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly items?: JsonSchema
  readonly properties?: { readonly [name: string]: JsonSchema }
  readonly required?: readonly string[]
}

function propertiesOf(schema: object) {
  const { properties = {}, required = [] } = schema as JsonSchema
  const typed = Object.entries(properties).map(
    ([name, field]) => [name, { ...typeOf(name, field), required: required.includes(name) }] as const,
  )
  return Object.fromEntries(typed)
}

function typeOf(name: string, schema: JsonSchema): ColumnType {
  if (schema.type === 'string' || schema.type === 'boolean') return { type: schema.type }
  if (schema.type === 'number') return { type: 'double' }
  if (schema.type === 'integer') return { type: 'long' }
  if (schema.type === 'array' && schema.items) return { type: 'array', items: typeOf(name, schema.items) }
  if (schema.type === 'object') return { type: 'object', properties: propertiesOf(schema) }
  if (schema.enum?.every((value) => typeof value === 'string')) return { type: 'string' }
  throw new Error(
    `record schema: ${name} has the type ${JSON.stringify(schema.type ?? null)}, which MLflow's schema cannot say; ` +
      'use string, boolean, number, integer, or arrays and objects of them',
  )
}

/** A string that YAML and JSON read alike: ASCII only, since YAML takes some other characters for line breaks. */
function text(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
