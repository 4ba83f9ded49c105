import { amount } from '../../evaluation/wording.ts'
import type { Named } from '../../metric.ts'
import type { Epoch } from '../../training/algorithms/algorithm.ts'
import { empty } from './marks.ts'
import { axes, chart, polyline, round, rounded, thin } from './svg.ts'

const mostPoints = 1500

/** What an axis says of a metric: `MAE, units`. */
export const labelOf = ({ name, unit }: Named): string => (unit ? `${name}, ${unit}` : name)

/** Training loss and validation error, which `stopping` names, by epoch, side by side: they are on different scales. */
export function learningCurve(epochs: readonly Epoch[], stopping: Named): string {
  const shown = thin(
    epochs.filter(({ loss, validationError }) => Number.isFinite(loss) && Number.isFinite(validationError)),
    mostPoints,
  )
  const best = shown.reduce<Epoch | undefined>(
    (least, epoch) => (least && least.validationError <= epoch.validationError ? least : epoch),
    undefined,
  )
  const last = Math.max(1, shown.at(-1)?.epoch ?? 1)
  const panel = (left: number, yLabel: string, kind: 'one' | 'two', of: (epoch: Epoch) => number) => {
    const values = shown.map(of)
    const range = rounded(Math.min(...values, Number.MAX_VALUE), Math.max(...values, 0))
    const at = axes(
      { left, top: 100, width: 270, height: 210 },
      { label: 'epoch', low: Math.min(1, last - 1), high: last },
      { label: yLabel, ...range },
    )
    const marks = shown.length === 1 ? shown : best && kind === 'one' ? [best] : []
    return [
      ...at.svg,
      polyline(
        shown.map((epoch) => [at.x(epoch.epoch), at.y(of(epoch))]),
        kind,
      ),
      ...marks.map(
        (epoch) => `<circle class="${kind}" r="4" cx="${round(at.x(epoch.epoch))}" cy="${round(at.y(of(epoch)))}"/>`,
      ),
    ]
  }
  const told = best
    ? `The best validation ${stopping.name} is ${`${amount(best.validationError)} ${stopping.unit}`.trimEnd()}, in epoch ${best.epoch} of ${shown.at(-1)?.epoch}.`
    : 'No epoch was trained.'
  if (shown.length === 0) return empty('learning-curve', 'Learning curve', told)
  return chart('learning-curve', 'Learning curve', told, 364, [
    ...panel(60, 'training loss', 'two', ({ loss }) => loss),
    ...panel(416, `validation ${labelOf(stopping)}`, 'one', ({ validationError }) => validationError),
  ])
}
