/** A section `search` of params.yaml that is done in seconds, of values that better a bad present one. */
export const smallSearch = `search:
  method: successive_halving
  budget: { trials: 4 }
  seed: 5
  cross_validation: { kind: rolling_origin, folds: 1 }
  space:
    network.learning_rate: { from: 0.001, to: 0.05, scale: log }
    network.hidden: [[8], [24, 12]]
`
