import { dvcPull, presentHash } from '../data/dvc.ts'
import { type DataReport, validateData as validate } from '../data/validate.ts'
import { RefusedError } from '../errors.ts'
import type { Context } from './context.ts'
import { keep } from './kept.ts'
import { dataKey, keptData } from './kept-data.ts'
import { writeReport } from './write-report.ts'

/**
 * The step `validate-data`: brings the data that `data.dvc` names when there are none, and checks what is in `data/` against their contracts. What is wrong with them is
 * a result, and a report of its own; thrown is only what is broken.
 */
export async function validateData(context: Context): Promise<DataReport> {
  const { root, params, say } = context
  // Data that are being mended differ from data.dvc: they are checked as they lie there, and `dvc add data` comes after.
  if (presentHash(root) === undefined && (await dvcPull(root)).pulled) say('validate-data: fetched data/ with DVC')
  const key = await dataKey(context)
  const data = await validate(root, params.validate_data)
  await keep(root, 'validate-data', key, data)
  const next = data.pass
    ? ['Train: `npm run train`.']
    : ['Mend the data as the findings say, then `dvc add data` and push again.']
  await writeReport(root, { title: params.register.model, data, next })
  return data
}

/** What `validate-data` found in these data, found now if it never was. Throws RefusedError when they are refused: nothing is trained on them. */
export async function requireValidData(context: Context): Promise<void> {
  const found = (await keptData(context)) ?? (await validateData(context))
  if (found.pass) return
  const errors = found.findings.filter(({ severity }) => severity === 'error')
  const lines = errors.map(
    ({ file, field, what, count }) => `  - ${file}${field ? `: ${field}` : ''}: ${what} (${count})`,
  )
  throw new RefusedError(`the data are refused; \`npm run validate-data\` shows rows and cures:\n${lines.join('\n')}`)
}
