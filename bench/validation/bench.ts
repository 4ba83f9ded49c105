/** Six checks of a table of ten columns: Mergeline, DuckDB by hand, pandera on polars, Great Expectations, one after the other, each in a process of its own. */
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Bench } from '../benches.ts'
import { median, rounded } from '../measure.ts'
import { installPeers, peerEnvironment } from '../python-peers.ts'
import { generate } from './data.ts'

const root = join(import.meta.dirname, '../..')
const scripts = join(import.meta.dirname, 'peers')
/** Beyond these rows the peers, which hold a table in memory, are not asked. */
const mostForPeers = 5_000_000
/** What each must find: one row was made to break each check. */
const checks = 6

type Side = { readonly name: string; readonly command: string; readonly args: readonly string[] }
type Measured = { readonly seconds: number; readonly mib: number; readonly found: number }

export const validation: Bench = {
  describe:
    'six checks of --size rows (1,000,000) of ten columns: rows per CPU-second and memory, against DuckDB by hand, pandera and Great Expectations',
  async run({ quick, say, size = quick ? 20_000 : 1_000_000 }) {
    const folder = join(root, '.mergeline', 'bench', 'validation')
    await rm(folder, { recursive: true, force: true })
    await mkdir(join(folder, 'data'), { recursive: true })
    const file = join(folder, 'data', 'rows.parquet')
    try {
      say(`validation: ${size.toLocaleString('en-US')} rows are generated`)
      await generate(file, size)
      const missing =
        quick || size > mostForPeers
          ? 'not asked for so many, or so few, rows'
          : await installPeers('validation', 'pandera and Great Expectations are installed', say)
      const all = [...own(folder), ...(missing === undefined ? peers(file) : [])]
      const times = quick || size > mostForPeers ? 1 : 7
      const seen = new Map<Side, Measured[]>(all.map((side) => [side, []]))
      for (let time = 0; time < times; time++) {
        for (const side of all) {
          const { stdout } = await execa(side.command, side.args, {
            env: { POLARS_MAX_THREADS: '1', OMP_NUM_THREADS: '1' },
          })
          const measured = JSON.parse(stdout.split('\n').at(-1) ?? '') as Measured
          if (measured.found !== checks)
            throw new Error(
              `validation: ${side.name} found ${measured.found} of the ${checks} planted: ${stdout.slice(0, 500)}`,
            )
          seen.get(side)?.push(measured)
          say(`validation: ${side.name}: ${rounded(measured.seconds, 2)} s of CPU, ${Math.round(measured.mib)} MiB`)
        }
      }
      return report(size, (await stat(file)).size, seen, missing)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

const own = (folder: string): readonly Side[] =>
  [['Mergeline', 'ours'] as const, ['DuckDB by hand', 'hand'] as const].map(([name, side]) => ({
    name,
    command: process.execPath,
    args: [join(import.meta.dirname, 'side.ts'), side, folder],
  }))

const peers = (file: string): readonly Side[] =>
  [
    ['pandera on polars', 'pandera_polars.py'] as const,
    ['Great Expectations on pandas', 'great_expectations_pandas.py'] as const,
  ].map(([name, script]) => ({
    name,
    command: join(peerEnvironment('validation'), 'bin', 'python'),
    args: [join(scripts, script), file],
  }))

function report(
  size: number,
  bytes: number,
  seen: ReadonlyMap<Side, readonly Measured[]>,
  missing: string | undefined,
) {
  const figures = [...seen].map(([{ name }, measured]) => ({
    name,
    rate: size / median(measured.map(({ seconds }) => seconds)),
    mib: Math.max(...measured.map(({ mib }) => mib)),
  }))
  const of = (name: string) => figures.find((side) => side.name.startsWith(name))
  const [ours, hand, slow] = [of('Mergeline'), of('DuckDB'), of('Great')]
  const times = (other: { readonly rate: number } | undefined) => (ours && other ? ours.rate / other.rate : Number.NaN)
  const missed = [
    ...(times(hand) < 0.8 ? [`at least 0.8 × DuckDB by hand: ${rounded(times(hand), 2)} ×`] : []),
    ...(slow && times(slow) < 5 ? [`at least 5 × Great Expectations: ${rounded(times(slow), 1)} ×`] : []),
    ...(ours && ours.mib > 2048 ? [`at most 2 GiB of memory: ${Math.round(ours.mib)} MiB`] : []),
  ]
  return {
    title: `${size.toLocaleString('en-US')} rows of ten columns (Parquet, ${rounded(bytes / 1e6, 0)} MB), six checks, each of which one row breaks`,
    rows: figures.map(({ name, rate, mib }) => ({
      who: name,
      'rows per CPU-second': Math.round(rate).toLocaleString('en-US'),
      'Mergeline is': name === 'Mergeline' ? '1' : `${rounded(times({ rate }), 2)} ×`,
      'peak memory': `${Math.round(mib)} MiB`,
    })),
    notes: [
      'Mergeline also checks types and empty values of all ten columns, the order of rows and missing days, hashes the file, and names the rows that are wrong.',
      ...(missing === undefined ? [] : [`Without pandera and Great Expectations: ${missing}.`]),
    ],
    missed,
  }
}
