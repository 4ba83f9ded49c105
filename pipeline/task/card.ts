/** What only people know of the model: the model card tells it, the figures come by themselves. */
export const card = {
  intendedUse: ['Planning how much ice cream each of our shops needs tomorrow, from the evening’s weather forecast.'],
  outOfScope: [
    'Shops that have not sold for at least two weeks: their record has no history.',
    'Days further ahead than tomorrow, and other goods than ice cream.',
    'Judging the people who work in a shop: the model knows weather, calendar and past sales, and nothing else.',
  ],
  limits: [
    'The sample’s data are generated: nothing in them is about real shops.',
    'Measured weather stands in for the forecast in training: a forecast that errs makes the predictions worse than the figures above.',
    'Days hotter than any in training are extrapolated.',
  ],
  /** What a busy core is assumed to draw, in watts: training’s energy is estimated from it, for it is not measured. */
  wattsPerCore: 10,
} as const
