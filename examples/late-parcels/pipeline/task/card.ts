/** What only people know of the model. */
export const card = {
  intendedUse: ['Planning which tours of tomorrow get a second driver.'],
  outOfScope: ['Judging drivers.'],
  limits: ['The data are generated: nothing in them is about real depots.'],
  /** What a busy core is assumed to draw, in watts. */
  wattsPerCore: 10,
} as const
