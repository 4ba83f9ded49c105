import { ingest } from '../task/ingest.ts'

/** Eight shops' last year in the sample. */
const count = 2920

/** The records of the sample's last year, as clients send them for whom this tree's ingest was written. */
export async function recordsToReplay(dataDir: string): Promise<readonly unknown[]> {
  const examples = await ingest(dataDir)
  return examples.slice(-count).map(({ record }) => record)
}
