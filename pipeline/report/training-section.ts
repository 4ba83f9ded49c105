import { whole } from '../evaluation/wording.ts'
import type { Block } from './blocks.ts'
import { labelOf, learningCurve } from './charts/learning-curve.ts'
import { thin } from './charts/svg.ts'
import type { TrainingReport } from './report.ts'
import { counted } from './status.ts'

const mostEpochs = 30

/** Which model this is, and what it took to make. */
export function trainingSection(training: TrainingReport): readonly Block[] {
  const { fingerprint, digest, runUrl, history = [], stopping = { name: 'error', unit: '' } } = training
  const curve = thin(history, mostEpochs)
  return [
    { kind: 'heading', text: 'Training' },
    { kind: 'paragraph', text: said(training) },
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
            caption: `Validation ${labelOf(stopping)} by epoch`,
            mermaid: {
              categories: curve.map(({ epoch }) => whole(epoch)),
              yLabel: `validation ${stopping.name}`,
              line: curve.map(({ validationError }) => validationError),
            },
            svg: learningCurve(history, stopping),
          } as const,
        ]
      : []),
  ]
}

function said({ reused, epochs, saved, seconds, source, why }: TrainingReport): string {
  const time = `${seconds.toLocaleString('en-US', { maximumFractionDigits: 1 })} seconds`
  if (!reused)
    return `Trained${epochs > 0 ? ` for ${counted(epochs, 'epoch')}` : ''} in ${time}.${why ? ` Nothing could be reused: ${why}.` : ''}`
  const from = source ? ` from ${source}` : ''
  const spared = saved ? ` and ${counted(saved, 'epoch')} saved` : ''
  return `Nothing that decides what training yields has changed: the training with this fingerprint was reused${from}, 0 epochs${spared}, in ${time}.`
}
