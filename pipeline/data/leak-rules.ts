import type { TObject } from 'typebox'
import { identifier as id, mostNumber } from './duckdb.ts'
import type { Search } from './findings.ts'

/** What leaves less than this share of the target's variance tells the target: no forecast does. */
const knows = 0.0001
const fewestRecords = 50

/**
 * Rules for a table of records (`#line`, a column for each field, and the target): no number of them tells the target by itself. The variance that is left beside a
 * number is estimated from neighbours in it (Rice 1984, "Bandwidth choice for nonparametric regression"), so any smooth relation counts and not only a line; equal
 * numbers are in no order. Of a list, its last number is looked at: the nearest to the day that is predicted.
 */
export function leakRules(table: string, file: string, schema: TObject, target: string): readonly Search[] {
  return Object.entries(schema.properties as { [field: string]: { type?: string; items?: { type?: string } } }).flatMap(
    ([field, { type, items }]) => {
      const number = (of: string | undefined) => of === 'number' || of === 'integer'
      if (!number(type) && !number(items?.type)) return []
      const value = number(type) ? id(field) : `${id(field)}[-1]`
      const left = 'avg((target - before) * (target - before)) / 2'
      return [
        {
          file,
          rule: 'record: leak',
          severity: 'error' as const,
          field,
          what: `${number(type) ? field : `the last of ${field}`} alone tells ${target}, so it knows what is not known when a prediction is asked for`,
          cure: `take ${field} out of the record, or let it end before the day that is predicted (pipeline/task/ingest.ts)`,
          select: `SELECT min(line) AS row, round(100 * (1 - ${left} / var_pop(target)), 3) || ' % of its variance' AS value FROM (
              SELECT "#line" AS line, CAST(${id(target)} AS DOUBLE) AS target, lag(CAST(${id(target)} AS DOUBLE)) OVER (ORDER BY ${value}, hash("#line")) AS before
              FROM ${id(table)} WHERE ${value} IS NOT NULL AND abs(${id(target)}) < ${mostNumber})
            HAVING count(*) >= ${fewestRecords} AND var_pop(target) > 0 AND ${left} < ${knows} * var_pop(target)`,
        },
      ]
    },
  )
}
