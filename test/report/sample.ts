import { type GateResult, judge } from '../../pipeline/evaluation/gate.ts'
import type { ModelCard } from '../../pipeline/report/model-card.ts'
import type { Report } from '../../pipeline/report/report.ts'
import { policy, world } from '../evaluation/synthetic.ts'

const { model } = world()
const records = model(0.9, 2)

export const gate: GateResult = judge(
  {
    candidate: { digest: 'sha256:aa', records },
    champion: { digest: 'sha256:bb', records: model(1, 1) },
    baselines: [
      { name: 'seasonal naive', records: model(2, 3) },
      { name: 'linear', records: model(1.5, 4) },
    ],
    unit: 'units',
  },
  policy,
)

const interval = { estimate: 5, low: 1, high: 9 }

/** A look deeper, in which `strange` stands wherever a stranger can write. */
function depthWith(strange: string): NonNullable<Report['depth']> {
  const changes = [{ field: strange, relative: interval }]
  const points = [strange, 'b'].map((value) => ({ value, prediction: 3 }))
  return {
    worstSlice: { name: strange, records: 100, searched: 200, own: 30, other: 20, relative: interval },
    against: 'champion',
    groups: [
      { attribute: strange, group: strange, records: 100, error: 30, errorGap: interval, biasGap: interval },
      { attribute: strange, group: strange, records: 3, error: 30 },
    ],
    noise: { share: 0.1, fields: changes },
    missing: changes,
    fitting: { is: 'fitting', why: strange, train: 20, test: 21, gap: interval },
    calibration: {
      bins: [1, 2].map((predicted) => ({ records: 50, predicted, actual: predicted, bias: interval })),
      error: 0.1,
      slope: interval,
      level: interval,
    },
    importance: changes,
    shapley: { records: 30, background: 15, fields: [{ field: strange, size: 3 }] },
    dependence: [
      { field: strange, points },
      { field: strange, points: ['1', '2.5'].map((value) => ({ value, prediction: 3 })) },
    ],
    segments: [{ name: strange, records: 100, error: 30, bias: 2 }],
    residuals: [{ key: strange, actual: 3, prediction: 9, error: 6, record: [{ field: strange, value: strange }] }],
  }
}

/** A report with all sections, in which `strange` stands wherever a stranger can write. */
export function reportWith(strange: string): Report {
  return {
    title: strange,
    depth: depthWith(strange),
    uses: { models: 3, here: 1, runs: 2, released: 1 },
    gate: {
      ...gate,
      reasons: [...gate.reasons, strange],
      slices: gate.slices.map((slice) => ({ ...slice, slice: strange, value: strange })),
    },
    predictions: records,
    training: {
      reused: false,
      epochs: 3,
      seconds: 1.25,
      fingerprint: strange,
      digest: strange,
      saved: 0,
      source: strange,
      why: strange,
      runUrl: strange,
      history: [1, 2, 3].map((epoch) => ({ epoch, loss: 1 / epoch, validationError: 30 + 1 / epoch })),
      stopping: { name: strange, unit: strange },
    },
    data: {
      pass: true,
      files: [{ path: strange, rows: 3 }],
      findings: [
        {
          file: strange,
          rule: strange,
          severity: 'warning',
          field: strange,
          count: 2,
          shown: [{ row: 2, value: strange }],
          what: strange,
          cure: strange,
        },
        { file: 'data/sales.csv', rule: 'type', severity: 'error', count: 1, shown: [], what: strange, cure: strange },
      ],
    },
    exploration: {
      data: strange,
      standsOut: [strange],
      fields: [
        { table: strange, field: strange, missing: 0.5, outliers: 3, median: 1.5, explained: 0.25, pearson: -0.5 },
      ],
      hidden: [strange],
    },
    next: [strange],
    configure: [strange],
  }
}

/** What a model card tells, with `strange` wherever a stranger can write. */
export function cardWith(strange: string): ModelCard {
  return {
    model: strange,
    intendedUse: [strange],
    outOfScope: [strange],
    target: { name: strange, unit: strange },
    data: {
      ...{ hash: strange, from: strange, trainUntil: strange, until: strange },
      records: { train: 14_000, validation: 2920, test: 2920 },
    },
    training: {
      ...{ algorithm: strange, backend: strange, epochs: 30, seconds: 21.4, cpuSeconds: 27, wattsPerCore: 10 },
      packages: [{ name: strange, version: strange }],
    },
    lineage: { digest: strange, fingerprint: strange, commit: strange, run: strange, runUrl: strange },
    gate: { ...gate, reasons: [strange], unit: strange },
    limits: [strange],
  }
}
