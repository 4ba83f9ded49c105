/** What only people know of the model: the model card tells it, the figures come by themselves. */
export const card = {
  intendedUse: [
    'Planning how much ice cream each of our shops needs tomorrow, from the evening’s weather forecast.',
    'Not for shops that have not sold for at least two weeks, and not for days further ahead than tomorrow.',
  ],
  limits: [
    'The sample’s data are generated: nothing in them is about real shops.',
    'Measured weather stands in for the forecast in training: a forecast that errs makes the predictions worse than the figures above.',
    'Days hotter than any in training are extrapolated.',
  ],
} as const
