import { link } from '../../task/model.ts'
import type { Fit } from './algorithm.ts'
import { fitLinear } from './linear.ts'
import { linearNetwork } from './linear-network.ts'

/** Ridge regression on the link's scale, in closed form. */
export const ridge: Fit = async ({ rows, targets }, _, { ridge: { penalty } }) => {
  const linear = fitLinear(rows, targets.map(link.toModel), penalty)
  return { model: linearNetwork('ridge', linear), epochs: [] }
}
