import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf, filesOf, type Manifest } from '../../pipeline/tracking/manifest.ts'

/** Writes a bundle that is whole and predicts nothing; other `weights` give another digest, and a `refit` has the judged model beside the served one. */
export async function writeSampleBundle(
  folder: string,
  weights = 'weights',
  refit?: Manifest['refit'],
): Promise<{ readonly folder: string; readonly digest: string }> {
  mkdirSync(folder, { recursive: true })
  const files = Object.fromEntries(
    filesOf(refit ? { refit } : {}).map((file) => {
      const bytes = Buffer.from(file === 'weights.bin' ? weights : '{}')
      writeFileSync(join(folder, file), bytes)
      return [file, { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }]
    }),
  )
  const window = { from: '2024-01-01', trainUntil: '2024-06-30', until: '2024-09-30' }
  const manifest = Buffer.from(
    JSON.stringify({ format: 1, backend: 'cpu', target: 'units_sold', window, refit, files }),
  )
  writeFileSync(join(folder, 'manifest.json'), manifest)
  return { folder, digest: digestOf(manifest) }
}

/** What a training tells of itself. */
export const told = (digest: string, more: object = {}) => ({
  digest,
  epochs: [
    { epoch: 1, loss: 0.5, validationError: 40 },
    { epoch: 2, loss: 0.4, validationError: 35 },
  ],
  records: { train: 100, validation: 20, test: 30 },
  seconds: 1.5,
  ...more,
})

/** Writes a finished training. */
export async function writeSampleTraining(
  folder: string,
  { weights = 'weights', more = {}, refit = undefined as Manifest['refit'] } = {},
) {
  const { digest } = await writeSampleBundle(join(folder, 'bundle'), weights, refit)
  writeFileSync(join(folder, 'training.json'), JSON.stringify(told(digest, more)))
  return { folder, digest }
}
