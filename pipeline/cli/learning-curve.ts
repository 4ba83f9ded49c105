import { amount, percent } from '../evaluation/wording.ts'
import type { Named } from '../metric.ts'
import { shareName } from '../report/charts/size-curve.ts'
import type { LearningCurve } from '../steps/learning-curve.ts'
import { inColumns } from './columns.ts'

/** What `search --learning-curve` says in a terminal. */
export function describeCurve({ points, state, chart, runUrl }: LearningCurve, { name }: Named): readonly string[] {
  const figure = (value: number | null | undefined) => (value == null ? 'diverged' : amount(value))
  const rows = [
    ['share', 'records', name, 'by fold', 'against the share before'],
    ...points.map(({ share, records, error, folds }, index) => {
      const before = points[index - 1]?.error
      const change = error === null || !before ? '' : percent(100 * (error / before - 1))
      return [shareName(share), records.toLocaleString('en-US'), figure(error), folds.map(figure).join(' '), change]
    }),
  ]
  return [
    'What would more data bring? The present values of params.yaml, learnt from the newest part of each fold’s training records',
    '',
    ...inColumns(rows).map((line) => `  ${line}`),
    '',
    state.why,
    'Half and all were trained three times each, with other seeds.',
    `Chart: ${chart}`,
    ...(runUrl ? [`MLflow: ${runUrl}`] : []),
  ]
}
