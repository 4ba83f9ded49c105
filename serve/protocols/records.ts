import type { TaskRecord } from '../../pipeline/task/record.ts'
import { wrongAt } from '../problem.ts'
import { isObject, type Place, type RecordCheck } from '../record-check.ts'

const one: Place = {
  name: () => '',
  path: (_index, field, rest = []) => (field === undefined ? [] : [field, ...rest]),
}
/** Records in an array under `key`. */
export const listed = (key: string): Place => ({
  name: (index) => `records.${index}`,
  path: (index, field, rest = []) => (field === undefined ? [key, index] : [key, index, field, ...rest]),
})
const several = listed('records')

/** The body of `POST /v1/predict`, one record or `{records: [record, …]}` → its records. Throws Refusal 422. */
export function readRecords(body: unknown, { check }: RecordCheck, maxRecords: number): readonly TaskRecord[] {
  if (!isObject(body)) throw wrongAt([], 'must be {"records": [...]} or one record')
  if (!Object.hasOwn(body, 'records')) return check([body], one)
  for (const key of Object.keys(body)) if (key !== 'records') throw wrongAt([key], 'is not known beside records')
  return check(counted(body['records'], ['records'], maxRecords), several)
}

/** The array at `path`, when it has as many elements as a request may have records. */
export function counted(value: unknown, path: readonly (string | number)[], maxRecords: number): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= maxRecords) return value
  throw wrongAt(path, `must be an array of 1 to ${maxRecords} records`)
}
