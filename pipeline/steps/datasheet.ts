import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { countsOf } from '../data/counts.ts'
import { dataHash } from '../data/dvc.ts'
import { columnNames } from '../features/feature.ts'
import { inputsOf } from '../predicting/inputs.ts'
import { datasheet } from '../report/datasheet.ts'
import { datasheet as words } from '../task/datasheet.ts'
import { rawFiles, recordSchema, target } from '../task/record.ts'
import { verifyBundle } from '../tracking/manifest.ts'
import type { Context } from './context.ts'
import { readTraining } from './finished-training.ts'
import type { Candidate } from './train.ts'

/** The datasheet of the data that a candidate was trained on and judged by, as Markdown. */
export async function datasheetOf({ root, params }: Context, { bundle, folder }: Candidate): Promise<string> {
  const { window, refit, algorithm = 'perceptron' } = (await verifyBundle(bundle)).manifest
  const { records } = await readTraining(folder)
  const fitted = JSON.parse(await readFile(join(bundle, 'features.json'), 'utf8'))
  const counts = await countsOf(root, rawFiles)
  const names = Object.keys(rawFiles) as (keyof typeof rawFiles)[]
  return datasheet({
    ...{ name: params.register.model, words, record: recordSchema, target, window, records },
    ...(refit ? { refit } : {}),
    files: names.map((name) => ({ contract: rawFiles[name], counts: counts[name] })),
    hash: await dataHash(root),
    features: inputsOf(algorithm).map((feature) => ({
      name: feature.name,
      columns: columnNames([feature], fitted).length,
    })),
  })
}
