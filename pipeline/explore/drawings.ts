import type { Chart } from './chart.ts'
import { chartsOfField } from './charts-of-field.ts'
import { chartsOfTable } from './charts-of-table.ts'
import { svgOf } from './draw.ts'
import type { Exploration, FieldExploration, TableExploration } from './exploration.ts'

/** The charts of a whole table; the table's place makes their ids. */
export const tableCharts = (table: TableExploration, at: number): readonly Chart[] => chartsOfTable(table, `t${at}`)

/** The charts of a table's field. */
export function fieldCharts({ fields, time }: TableExploration, at: number, index: number): readonly Chart[] {
  const field = fields[index] as FieldExploration
  const target = fields.find(({ isTarget }) => isTarget)
  return chartsOfField(field, {
    prefix: `t${at}-f${index}`,
    ...(time ? { bucket: time.bucket } : {}),
    ...(target ? { target: { name: target.name, ...(target.unit ? { unit: target.unit } : {}) } } : {}),
  })
}

/** The charts of tables and of the target as SVG, by file name: `sales-association.svg`, `records-units_sold-month.svg`. What a run in MLflow keeps. */
export async function drawingsOf({ tables }: Exploration): Promise<{ readonly [file: string]: string }> {
  const found: { [file: string]: string } = {}
  for (const [at, table] of tables.entries()) {
    const name = (chart: Chart, of: string) => `${fileName(of)}-${chart.id.split('-').at(-1)}.svg`
    for (const chart of tableCharts(table, at)) found[name(chart, table.name)] = await svgOf(chart)
    for (const [index, field] of table.fields.entries()) {
      if (!field.isTarget) continue
      const of = `${table.name}-${field.name}`
      for (const chart of fieldCharts(table, at, index)) found[name(chart, of)] = await svgOf(chart)
    }
  }
  return found
}

const fileName = (text: string) => text.replace(/[^\w-]+/g, '_').slice(0, 80)
