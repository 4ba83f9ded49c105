import type { Comparison, GateResult, Scored } from '../evaluation/gate.ts'
import type { HeldOut } from '../evaluation/held-out.ts'
import { saidOfRefit } from '../evaluation/refit.ts'
import type { SliceResult } from '../evaluation/slices.ts'
import { amount, percent, setting, span, whole } from '../evaluation/wording.ts'
import type { Block, Text } from './blocks.ts'
import { errorBySlice } from './charts/error-by-slice.ts'
import { predictedVsActual } from './charts/predicted-vs-actual.ts'
import { residualsOverTime } from './charts/residuals-over-time.ts'

/** The metric as a result keeps it. */
type Named = GateResult['metric']

const mostSlices = 100
const mostBars = 16
const mostReasons = 20

/** What the gate decided and why, the models side by side, and the error by slice. */
export function gateSection(gate: GateResult, predictions: readonly HeldOut[]): readonly Block[] {
  const { reasons, policy, slices, unit, metric } = gate
  const more = reasons.length - mostReasons
  return [
    { kind: 'heading', text: 'Gate' },
    ...refitNotes(gate),
    { kind: 'list', items: [...reasons.slice(0, mostReasons), ...(more > 0 ? [`And ${whole(more)} more.`] : [])] },
    ...(gate.scored.length > 0 ? [scoreTable(gate)] : []),
    ...bySlice(slices, metric),
    ...(predictions.length > 0
      ? [
          { kind: 'chart', caption: 'Predicted and actual', svg: predictedVsActual(predictions, unit) } as const,
          { kind: 'chart', caption: 'Errors over time', svg: residualsOverTime(predictions, unit) } as const,
        ]
      : []),
    {
      kind: 'folded',
      summary: 'Policy',
      blocks: [
        {
          kind: 'table',
          caption: 'evaluate_gate in params.yaml',
          columns: [{ name: 'setting' }, { name: 'value', numeric: true }],
          rows: settingsOf(policy).map(([name, value]) => [{ code: name }, { code: value }]),
        },
      ],
    },
  ]
}

/** What was judged, where it is not what ships; also for the model card. */
export const refitNotes = ({ refits = [] }: GateResult): readonly Block[] =>
  refits.map((refit) => ({ kind: 'paragraph', text: saidOfRefit(refit) }))

/** Settings by their path: `rules.overfitting.tolerance_percent`. */
const settingsOf = (policy: object, path = ''): readonly (readonly [string, string])[] =>
  Object.entries(policy).flatMap(([name, value]) =>
    typeof value === 'object' ? settingsOf(value, `${path}${name}.`) : [[`${path}${name}`, String(value)] as const],
  )

/** The models' errors side by side; also for the model card. */
export function scoreTable({ scored, comparisons, heldOut, unit, metric, policy }: GateResult): Block {
  const others = scored.slice(1)
  const row = ({ name, error, rmse, bias }: Scored, comparison?: Comparison): readonly Text[] => [
    name,
    `${amount(error.estimate)} (${span(error, amount)})`,
    `${amount(rmse.estimate)} (${span(rmse, amount)})`,
    amount(bias),
    comparison ? `${percent(comparison.relative.estimate)} (${span(comparison.relative, percent)})` : '',
  ]
  return {
    kind: 'table',
    caption: `Errors in ${unit} on ${whole(heldOut.records)} held-out records of ${whole(heldOut.days)} days, ${heldOut.from} to ${heldOut.to}, with ${setting(100 * policy.confidence)} intervals`,
    columns: [
      { name: 'model' },
      { name: metric.name, numeric: true },
      { name: 'RMSE', numeric: true },
      { name: 'bias', numeric: true },
      { name: `candidate's ${metric.name} against it`, numeric: true },
    ],
    rows: [
      ...scored.slice(0, 1).map((own) => row(own)),
      ...others.map((other, index) => row(other, comparisons[index])),
    ],
  }
}

function bySlice(slices: readonly SliceResult[], metric: Named): readonly Block[] {
  if (slices.length === 0) return []
  const first = slices.filter(({ slice }) => slice === slices[0]?.slice).slice(0, mostBars)
  const champions = first.flatMap(({ champion }) => (champion === undefined ? [] : [champion]))
  const hasChampion = champions.length === first.length
  const caption = `${metric.name} by ${slices[0]?.slice}${unitOf(metric)}${hasChampion ? ' (bars: candidate, line: champion)' : ''}`
  const mermaid = {
    categories: first.map(({ value }) => value),
    yLabel: `${metric.name} ${metric.unit}`.trimEnd(),
    bars: first.map(({ candidate }) => candidate),
    ...(hasChampion ? { line: champions } : {}),
  }
  const shown = slices.slice(0, mostSlices)
  return [
    { kind: 'chart', caption, mermaid, svg: errorBySlice(slices, metric) },
    {
      kind: 'folded',
      summary: `All slices (${whole(slices.length)})`,
      blocks: [sliceTable(shown, metric, slices.length)],
    },
  ]
}

/** `, units`; nothing where the metric has no unit. */
const unitOf = ({ unit }: Named) => (unit ? `, ${unit}` : '')

/** The error by slice; also for the model card. */
export function sliceTable(slices: readonly SliceResult[], metric: Named, all = slices.length): Block {
  const hasChampion = slices.some(({ champion }) => champion !== undefined)
  const rest = ({ champion, relative, judged }: SliceResult) => [
    champion === undefined ? '' : amount(champion),
    judged && relative ? `${percent(relative.estimate)} (${span(relative, percent)})` : 'not judged: too few',
  ]
  return {
    kind: 'table',
    caption: `${metric.name} by slice${unitOf(metric)}${all > slices.length ? `: the first ${whole(slices.length)} of ${whole(all)}` : ''}`,
    columns: [
      { name: 'slice' },
      { name: 'value' },
      { name: 'records', numeric: true },
      { name: 'candidate', numeric: true },
      ...(hasChampion
        ? [
            { name: 'champion', numeric: true },
            { name: 'difference', numeric: true },
          ]
        : []),
    ],
    rows: slices.map((slice) => [
      slice.slice,
      { code: slice.value },
      whole(slice.records),
      amount(slice.candidate),
      ...(hasChampion ? rest(slice) : []),
    ]),
  }
}
