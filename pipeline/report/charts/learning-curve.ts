import { amount } from '../../evaluation/wording.ts'
import type { Epoch } from '../../training/algorithms/algorithm.ts'
import { empty } from './marks.ts'
import { axes, chart, polyline, round, rounded, thin } from './svg.ts'

const mostPoints = 1500

/** Training loss and validation MAE (in `unit`) by epoch, side by side: they are on different scales. */
export function learningCurve(epochs: readonly Epoch[], unit: string): string {
  const shown = thin(
    epochs.filter(({ loss, validationMae }) => Number.isFinite(loss) && Number.isFinite(validationMae)),
    mostPoints,
  )
  const best = shown.reduce<Epoch | undefined>(
    (least, epoch) => (least && least.validationMae <= epoch.validationMae ? least : epoch),
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
    ? `The best validation MAE is ${amount(best.validationMae)} ${unit}, in epoch ${best.epoch} of ${shown.at(-1)?.epoch}.`
    : 'No epoch was trained.'
  if (shown.length === 0) return empty('learning-curve', 'Learning curve', told)
  return chart('learning-curve', 'Learning curve', told, 364, [
    ...panel(60, 'training loss', 'two', ({ loss }) => loss),
    ...panel(416, `validation MAE, ${unit}`, 'one', ({ validationMae }) => validationMae),
  ])
}
