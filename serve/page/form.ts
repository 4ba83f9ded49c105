import type { FieldSchema } from '../../pipeline/schema.ts'
import { exampleRecord } from '../openapi/example.ts'
import type { RecordCheck } from '../record-check.ts'
import { attributes, escaped } from './html.ts'

type Field = FieldSchema & {
  readonly title?: string
  readonly description?: string
  readonly unit?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly private?: boolean
}

/** The form of a record, a field each, with the schema's examples as defaults. `background` says over which range a number is usual; a private field's range is not told. */
export function formOf(records: RecordCheck, background: readonly object[]): string {
  const example = exampleRecord(records)
  return [...records.fields]
    .map(([name, schema]) => fieldOf(name, schema as Field, example[name], background))
    .join('\n')
}

function fieldOf(name: string, field: Field, value: unknown, background: readonly object[]): string {
  const id = `field-${name}`
  const unit = field.unit ? ` <span class="unit">${escaped(field.unit)}</span>` : ''
  const label = `${escaped(field.title ?? name)}${unit}`
  const told = field.description ?? ''
  const common = { id, name, 'data-kind': kindOf(field), 'aria-describedby': `${id}-told ${id}-wrong` }
  const below = `<p class="told" id="${escaped(id)}-told">${escaped(told)}</p><p class="wrong" id="${escaped(id)}-wrong"></p>`
  const input = inputOf(field, common, value, background)
  if (common['data-kind'] === 'boolean')
    return `<div class="field check"><label for="${escaped(id)}">${input} ${label}</label>${below}</div>`
  return `<div class="field"><label for="${escaped(id)}">${label}</label>${input}${below}</div>`
}

/** How the page reads a field's value back. */
function kindOf(field: Field): 'choice' | 'boolean' | 'number' | 'list' | 'json' | 'text' {
  if (field.enum) return 'choice'
  if (field.type === 'boolean') return 'boolean'
  if (field.type === 'number' || field.type === 'integer') return 'number'
  if (field.type === 'array' && (field.items?.type === 'number' || field.items?.type === 'integer')) return 'list'
  return field.type === 'array' || field.type === 'object' ? 'json' : 'text'
}

function inputOf(
  field: Field,
  common: { readonly name: string; readonly 'data-kind': string },
  value: unknown,
  background: readonly object[],
): string {
  const kind = common['data-kind']
  if (kind === 'choice') {
    const options = (field.enum ?? []).map(
      (one) => `<option${attributes({ value: JSON.stringify(one), selected: one === value })}>${escaped(one)}</option>`,
    )
    return `<select${attributes(common)}>${options.join('')}</select>`
  }
  if (kind === 'boolean') return `<input${attributes({ ...common, type: 'checkbox', checked: value === true })}>`
  if (kind === 'number')
    return `<input${attributes({
      ...common,
      type: 'number',
      required: true,
      step: field.type === 'integer' ? 1 : 'any',
      min: field.minimum,
      max: field.maximum,
      value,
      ...usualRange(field, common.name, background),
    })}>`
  if (kind === 'list' || kind === 'json') {
    const text = kind === 'list' ? (value as readonly number[]).join(', ') : JSON.stringify(value)
    return `<textarea${attributes({ ...common, rows: 2, required: true, spellcheck: 'false' })}>${escaped(text)}</textarea>`
  }
  const type = field.format === 'date' ? 'date' : 'text'
  return `<input${attributes({ ...common, type, value, required: type === 'date' })}>`
}

function usualRange(field: Field, name: string, background: readonly object[]): { readonly [data: string]: unknown } {
  const values = background.map((record) => (record as { readonly [field: string]: unknown })[name])
  const numbers = field.private ? [] : values.filter((value) => typeof value === 'number')
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)]
  if (low < high) return { 'data-low': low, 'data-high': high }
  return { 'data-low': field.minimum, 'data-high': field.maximum }
}
