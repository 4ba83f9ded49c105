import { type Split, windowOf } from '../data/split.ts'
import { InputError } from '../errors.ts'
import type { Manifest } from '../tracking/manifest.ts'

/**
 * What a bundle says that it has seen must be what a training of this tree sees: the gate judges on what comes after, and a bundle that somebody else made may say anything. Throws
 * InputError where it is not.
 */
export function requireOwnWindow(
  { window, refit }: Pick<Manifest, 'window' | 'refit'>,
  parts: Split<{ readonly time: string }>,
  dir: string,
): void {
  const { validation, test } = parts
  const expected = {
    ...windowOf(parts),
    ...(refit && { refit: { until: test.at(-1)?.time ?? '', more: validation.length + test.length } }),
  }
  const told = { ...window, ...(refit && { refit: { until: refit.until, more: refit.more } }) }
  const wrong = (Object.keys(expected) as (keyof typeof expected)[]).filter(
    (key) => JSON.stringify(told[key]) !== JSON.stringify(expected[key]),
  )
  if (wrong.length === 0) return
  const differences = wrong.map((key) => `${key} ${JSON.stringify(told[key])}, not ${JSON.stringify(expected[key])}`)
  throw new InputError(
    `${dir}: its manifest.json says of what it has seen: ${differences.join('; ')}, as train.split in params.yaml has it of these data. It is not of this tree: remove that folder and run \`npm run train\``,
  )
}
