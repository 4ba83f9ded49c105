/**
 * Entry: `node pipeline/replay/print-records.ts <data folder>` prints one line of JSON for each record of the sample's last year. It is run in the code of the release that
 * serves: clients send what that release asks for, and know nothing of the one on trial, whose ingest may differ.
 */
import { recordsToReplay } from './records.ts'

const [dataDir] = process.argv.slice(2)
if (!dataDir) throw new Error('usage: print-records.ts <data folder>')
for (const record of await recordsToReplay(dataDir)) process.stdout.write(`${JSON.stringify(record)}\n`)
