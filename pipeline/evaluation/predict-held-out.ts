/**
 * Entry: `node pipeline/evaluation/predict-held-out.ts <data folder> <bundle folder> <date>` prints one line of JSON for each held-out record after that date.
 * The gate runs it in the code of the champion's commit: a model is judged with the ingest and the features that it was trained with.
 */
import { predictHeldOut } from './held-out.ts'

const [dataDir, bundleDir, after] = process.argv.slice(2)
if (!dataDir || !bundleDir || !after) throw new Error('usage: predict-held-out.ts <data folder> <bundle folder> <date>')
for (const record of await predictHeldOut(dataDir, bundleDir, after))
  process.stdout.write(`${JSON.stringify(record)}\n`)
