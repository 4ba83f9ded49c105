import type { RawFile } from './contract.ts'
import { identifier as id, literal } from './duckdb.ts'
import { shownTogether } from './shown.ts'

/** SQL: the columns that tell series apart, where a select, a group or a partition wants them; a constant where all rows are one series. */
export const seriesColumns = (series: readonly string[]): string => series.map(id).join(', ') || literal('')

/** SQL: the series of a row, as one value. */
export const seriesOf = ({ series }: RawFile): string => `row(${seriesColumns(series)})`

/** SQL: what a report calls the series of a row. */
export const seriesName = ({ schema, series }: RawFile): string =>
  series.length > 0 ? shownTogether(schema, series) : literal('the series')
