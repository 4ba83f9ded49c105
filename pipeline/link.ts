/** The scale that a model learns on: `toModel` takes a value in units of the target there, `fromModel` back. */
export type Link = {
  readonly toModel: (value: number) => number
  readonly fromModel: (value: number) => number
  /** True where the target is 0 or 1 and its probability is predicted: the loss is then given the target itself, for `toModel` of 0 and 1 has no end. */
  readonly classes?: true
}

/** For amounts whose causes add. */
export const identity: Link = { toModel: (value) => value, fromModel: (value) => value }

/** For amounts whose causes multiply: their logarithms add, and log1p bears zeros. */
export const logarithmic: Link = { toModel: Math.log1p, fromModel: Math.expm1 }

// A probability that is told without learning may be 0 or 1.
const surest = 1e-6

/** For a target of 0 or 1: the log-odds of its probability. */
export const logistic: Link = {
  toModel: (probability) => {
    const told = Math.min(1 - surest, Math.max(surest, probability))
    return Math.log(told / (1 - told))
  },
  fromModel: (odds) => 1 / (1 + Math.exp(-odds)),
  classes: true,
}
