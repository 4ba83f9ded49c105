import { whole } from '../evaluation/wording.ts'
import type { Block } from './blocks.ts'
import { learningCurve } from './charts/learning-curve.ts'
import { thin } from './charts/svg.ts'
import type { TrainingReport } from './report.ts'
import { counted } from './status.ts'

const mostEpochs = 30

/** Which model this is, and what it took to make. */
export function trainingSection(training: TrainingReport, unit: string): readonly Block[] {
  const { reused, epochs, seconds, fingerprint, digest, runUrl, history = [] } = training
  const said = reused
    ? 'Nothing that decides what training yields has changed: the run with this fingerprint was reused, 0 epochs.'
    : `Trained for ${counted(epochs, 'epoch')} in ${seconds.toLocaleString('en-US', { maximumFractionDigits: 1 })} seconds.`
  const curve = thin(history, mostEpochs)
  return [
    { kind: 'heading', text: 'Training' },
    { kind: 'paragraph', text: said },
    {
      kind: 'table',
      caption: 'The candidate',
      columns: [{ name: 'what' }, { name: 'value' }],
      rows: [
        ['digest', { code: digest }],
        ['fingerprint', { code: fingerprint }],
        ...(runUrl === undefined ? [] : [['run in MLflow', { code: runUrl }]]),
      ],
    },
    ...(curve.length > 1
      ? [
          {
            kind: 'chart',
            caption: `Validation MAE by epoch${unit ? `, ${unit}` : ''}`,
            mermaid: {
              categories: curve.map(({ epoch }) => whole(epoch)),
              yLabel: 'validation MAE',
              line: curve.map(({ validationMae }) => validationMae),
            },
            svg: learningCurve(history, unit),
          } as const,
        ]
      : []),
  ]
}
