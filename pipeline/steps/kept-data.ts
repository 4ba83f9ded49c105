import type { RawFile } from '../data/contract.ts'
import { presentHash } from '../data/dvc.ts'
import type { DataReport } from '../data/findings.ts'
import { rawFiles } from '../task/record.ts'
import { codeHash } from '../tracking/fingerprint.ts'
import type { Context } from './context.ts'
import { kept } from './kept.ts'

/** What was found in these data by this code, if it was. */
export async function keptData(context: Context): Promise<DataReport | undefined> {
  return kept<DataReport>(context.root, 'validate-data', await dataKey(context))
}

/** What a data report is kept by: the data, the settings and the code of the checks; and the day, where a check asks how old the data are today. */
export async function dataKey({ root, params }: Context): Promise<string> {
  const code = await codeHash(root, 'pipeline/data/validate.ts')
  const checks = Object.values<RawFile>(rawFiles).flatMap((file) => file.checks ?? [])
  const aging = checks.some((check) => check.kind === 'fresh' && check.against === 'today')
  const day = aging ? [new Date().toISOString().slice(0, 10)] : []
  return JSON.stringify([presentHash(root), params.validate_data, code, ...day])
}
