/** One side of the measurement, in a process of its own: `side.ts ours|hand <folder>`. Prints CPU seconds, peak memory in MiB, and how many checks found something. */
import { join } from 'node:path'
import { openDatabase } from '../../pipeline/data/duckdb.ts'
import { checkRawFiles } from '../../pipeline/data/validate.ts'
import { byHand, contract } from './data.ts'

const [side, folder = ''] = process.argv.slice(2)
const before = process.cpuUsage()
const found = side === 'ours' ? await ours() : await hand()
const { user, system } = process.cpuUsage(before)
const mib = process.resourceUsage().maxRSS / 1024
console.log(JSON.stringify({ seconds: (user + system) / 1e6, mib, found }))

async function ours(): Promise<number> {
  const { findings } = await checkRawFiles(folder, { max_shown: 5, family_wise_error: 0.01 }, new Date(), {
    rows: contract,
  })
  // A shop that nobody knows is also a series with one day; that is told besides.
  return findings.filter(({ rule }) => rule !== 'missing days').length
}

async function hand(): Promise<number> {
  const data = join(folder, 'data')
  using database = await openDatabase(data, [], { memory: '1GiB', spill: join(folder, 'spill') })
  const { counts, rows } = byHand(join(data, 'rows.parquet'))
  const all = async (sql: string) => (await database.connection.runAndReadAll(sql)).getRowsJS()
  const [counted = []] = await all(counts)
  let found = 0
  for (const [index, sql] of rows.entries()) {
    if (Number(counted[index]) > 0 && (await all(sql)).length > 0) found++
  }
  return found
}
