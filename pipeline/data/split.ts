import { InputError } from '../errors.ts'

/** Days at the end of the data, in this order: validation decides when training stops, test is seen by the gate only. */
export type SplitParams = { readonly validation_days: number; readonly test_days: number }

export type Split<E> = { readonly train: readonly E[]; readonly validation: readonly E[]; readonly test: readonly E[] }

/**
 * Splits by time, never by chance: neighbouring days are alike, so a random split would leak the test set into training.
 * `examples` are sorted by time (ISO dates). Throws InputError when a part would be empty.
 */
export function split<E extends { readonly time: string }>(examples: readonly E[], params: SplitParams): Split<E> {
  const last = examples.at(-1)?.time
  if (last === undefined) throw new InputError('data/: there are no examples to train on; run `npm run validate-data`')
  const testFrom = daysBefore(last, params.test_days - 1)
  const validationFrom = daysBefore(testFrom, params.validation_days)
  const parts = {
    train: examples.filter(({ time }) => time < validationFrom),
    validation: examples.filter(({ time }) => time >= validationFrom && time < testFrom),
    test: examples.filter(({ time }) => time >= testFrom),
  }
  for (const [name, part] of Object.entries(parts)) {
    if (part.length > 0) continue
    throw new InputError(
      `params.yaml: train.split leaves no ${name} records: the data run from ${examples[0]?.time} to ${last}, ` +
        `validation_days is ${params.validation_days}, test_days ${params.test_days}; lower them`,
    )
  }
  return parts
}

/** The days that a training saw: of the first and the last record that it learnt from, and of the last one that decided when it stopped. */
export const windowOf = ({ train, validation }: Split<{ readonly time: string }>) => ({
  from: train[0]?.time ?? '',
  trainUntil: train.at(-1)?.time ?? '',
  until: validation.at(-1)?.time ?? '',
})

function daysBefore(date: string, days: number): string {
  return new Date(Date.parse(date) - days * 86_400_000).toISOString().slice(0, 10)
}
