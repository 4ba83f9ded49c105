/** How models are made: `train.algorithm` in params.yaml. What each does: `pipeline/training/algorithms/`. */
export const algorithms = ['perceptron', 'wide_and_deep', 'ridge', 'seasonal_naive'] as const
export type Algorithm = (typeof algorithms)[number]
