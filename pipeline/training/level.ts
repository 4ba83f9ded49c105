import { link } from '../task/model.ts'

/** The one prediction that fits all targets best, on the link's scale: their mean there; of classes, the log-odds of their share. */
export function levelOf(targets: readonly number[]): number {
  return link.classes ? link.toModel(mean(targets)) : mean(targets.map(link.toModel))
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
