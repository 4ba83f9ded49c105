import { link } from '../../task/model.ts'
import type { Fit } from './algorithm.ts'
import { fitLinear } from './linear.ts'
import { linearNetwork } from './linear-network.ts'
import { fitLogistic } from './logistic.ts'

/** Ridge regression on the link's scale, in closed form; for classes its counterpart, penalised logistic regression. */
export const ridge: Fit = async ({ rows, targets }, _, { ridge: { penalty } }) => {
  const linear = link.classes
    ? fitLogistic(rows, targets, penalty)
    : fitLinear(rows, targets.map(link.toModel), penalty)
  return { model: linearNetwork('ridge', linear), epochs: [], kept: 0 }
}
