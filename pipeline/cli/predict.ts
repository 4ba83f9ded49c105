import { resolve } from 'node:path'
import { needed, type Verb } from './verb.ts'

/** The verb `predict`: a file of records in, the same with predictions out. */
export const predictVerb = {
  what: 'predict a file of records: CSV or Parquet in, the same rows with predictions out',
  more: [
    'Each row is a record: the columns are its fields (in CSV, arrays are JSON), other columns go through. The columns prediction and model (the digest) are added.',
    'Streams, so the file may be larger than memory. The output is there whole or not at all.',
  ],
  options: {
    bundle: { type: 'string', value: 'folder', what: 'the model; `npm run train` names the folder of its bundle' },
    input: { type: 'string', value: 'file', what: 'records, in a file that ends in .csv or .parquet' },
    output: { type: 'string', value: 'file', what: 'where the rows go, .csv or .parquet' },
  },
  run: async (call) => {
    const { predictTable } = await import('../predicting/predict-table.ts')
    const done = await predictTable({
      bundle: resolve(needed(call, 'predict', 'bundle')),
      input: resolve(needed(call, 'predict', 'input')),
      output: resolve(needed(call, 'predict', 'output')),
      progress: call.terminal.progress,
    })
    const text = `${done.records.toLocaleString('en-US')} records predicted by ${done.digest}: ${done.output}`
    return { code: 0, json: done, text }
  },
} as const satisfies Verb
