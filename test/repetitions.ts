/** How often a seeded simulation is repeated: `quick` times, or as often as MERGELINE_REPETITIONS says, for figures to cite. */
export function repetitions(quick: number): number {
  const asked = process.env['MERGELINE_REPETITIONS']
  if (asked === undefined) return quick
  if (!/^[1-9]\d*$/.test(asked)) throw new Error(`MERGELINE_REPETITIONS must be a whole number from 1, got ${asked}`)
  return Number(asked)
}

/** The most hits of `n` that a true rate explains: three standard deviations above what is expected. */
export const most = (rate: number, n: number): number => n * rate + 3 * Math.sqrt(n * rate * (1 - rate))
