import { mkdir, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { describeData } from './describe.ts'
import { type Call, contextOf, text, type Verb } from './verb.ts'

/** The verb `validate-data`: what is wrong with the data; or, with `--suggest`, a first contract for data that have none yet. */
export const validateDataVerb = {
  what: 'check the raw data against their contracts, or suggest a first contract',
  more: [
    'Fetches data/ with DVC when it is missing. Every finding names file, row, value, cure and owner; warnings do not refuse.',
    'With --suggest, writes the source of a first contract for a CSV or Parquet file: types, limits, words, empty values, key and series, as the file has them.',
  ],
  options: {
    suggest: { type: 'string', value: 'file', what: 'a sample to suggest a contract from; nothing is checked' },
    output: {
      type: 'string',
      value: 'file',
      what: 'where the suggested contract goes (.mergeline/suggested/<name>.ts)',
    },
  },
  run: async (call) => {
    const sample = text(call, 'suggest', '')
    if (sample !== '') return await suggest(call, resolve(sample))
    const { validateData } = await import('../steps/validate-data.ts')
    const report = await validateData(await contextOf(call))
    return { code: report.pass ? 0 : 1, json: report, text: describeData(report, call.terminal.paint) }
  },
} as const satisfies Verb

async function suggest(call: Call, sample: string) {
  const { suggestContract } = await import('../data/suggest.ts')
  const name = basename(sample).replace(/\.[^.]*$/, '')
  const output = resolve(text(call, 'output', join(call.root, '.mergeline', 'suggested', `${name}.ts`)))
  const { source, ...told } = await suggestContract(call.root, sample, output)
  await mkdir(dirname(output), { recursive: true })
  await writeFile(`${output}.part`, source)
  await rename(`${output}.part`, output)
  const where = relative(process.cwd(), output)
  return {
    code: 0 as const,
    json: { output, ...told },
    text: `${where}: a first contract from ${told.rows} rows; key ${told.key.join(', ')}; ${told.series.length > 0 ? `series ${told.series.join(', ')}` : 'one series'}\n\nNext: read it, and put it into rawFiles of pipeline/task/record.ts`,
  }
}
