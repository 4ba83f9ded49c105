import type { TopLevelSpec } from 'vega-lite'
import { number } from './wording.ts'

/** A cell of a chart's data. */
type Cell = string | number | boolean | null
export type Datum = { readonly [field: string]: Cell }

/** A chart before it is drawn: Vega-Lite for the eye, and the same as a table for who reads or listens. Texts come from the data and may be hostile. */
export type Chart = {
  /** Unique on a page: letters, digits and hyphens. */
  readonly id: string
  readonly title: string
  /** What is to be seen, in a sentence. */
  readonly says: string
  readonly spec: TopLevelSpec
  readonly table: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }
}

export const blue = '#2f81d8'
export const orange = '#d9730d'
export const grey = '#8b949e'

/** What all charts have in common: as wide as the page lets them be. */
export function view(height: number, values: readonly Datum[], rest: object): TopLevelSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 'container',
    height,
    autosize: { type: 'fit', contains: 'padding' },
    background: 'transparent',
    data: { values },
    config: {
      view: { stroke: null },
      axis: { labelLimit: 130, titleLimit: 260, labelOverlap: true },
      legend: { labelLimit: 130 },
    },
    ...rest,
  } as unknown as TopLevelSpec
}

/** How high a chart is that has a line for each of so many values, and a legend above or not. */
export const heightOf = (lines: number, legend = false): number => 24 * lines + 48 + (legend ? 32 : 0)

/** What the charts of a field need to know of its table. */
export type Around = {
  readonly prefix: string
  readonly bucket?: string
  readonly target?: { readonly name: string; readonly unit?: string }
}

/** What the pointer tells: a value that is already worded. */
export const tip = (field: string, title: string) => ({ field, title, type: 'nominal' })

/** The table under a chart of values and rows. */
export const tableOf = (
  name: string,
  title: string,
  values: readonly { value: string; shown: string; rows: number }[],
) => ({
  columns: [name, title, 'rows'],
  rows: values.map(({ value, shown, rows }) => [value, shown, number(rows)]),
})
