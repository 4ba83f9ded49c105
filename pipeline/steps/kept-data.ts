import { presentHash } from '../data/dvc.ts'
import type { DataReport } from '../data/findings.ts'
import { codeHash } from '../tracking/fingerprint.ts'
import type { Context } from './context.ts'
import { kept } from './kept.ts'

/** What was found in these data by this code, if it was. */
export async function keptData(context: Context): Promise<DataReport | undefined> {
  return kept<DataReport>(context.root, 'validate-data', await dataKey(context))
}

/** What a data report is kept by: the data, the settings and the code of the checks. */
export async function dataKey({ root, params }: Context): Promise<string> {
  const code = await codeHash(root, 'pipeline/data/validate.ts')
  return JSON.stringify([presentHash(root), params.validate_data, code])
}
