import type { Fit } from './algorithm.ts'
import { linearNetwork } from './linear-network.ts'

/** What was a season ago happens again: nothing is learnt, the one input is the prediction (Hyndman & Athanasopoulos, "Forecasting", 3rd ed., 5.2). */
export const seasonalNaive: Fit = async () => ({
  model: linearNetwork('seasonal_naive', { weights: [1], intercept: 0 }),
  epochs: [],
  kept: 0,
})
