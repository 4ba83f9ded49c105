import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { RawFile } from '../../pipeline/data/contract.ts'
import { makeSample } from '../../pipeline/data/sample/sample.ts'
import { suggestContract } from '../../pipeline/data/suggest.ts'
import { checkRawFiles } from '../../pipeline/data/validate.ts'
import { folderWith } from './folder.ts'

const root = join(import.meta.dirname, '../..')

/** The contract that is suggested for `path` of these files, as Node runs its source: beside the packages that it imports. */
async function suggested(folder: string, path: string): Promise<RawFile> {
  mkdirSync(join(root, '.mergeline'), { recursive: true })
  const beside = mkdtempSync(join(root, '.mergeline', 'suggest-test-'))
  try {
    const output = join(beside, 'contract.ts')
    const { source } = await suggestContract(root, join(folder, path), output)
    writeFileSync(output, source)
    const { contract } = (await import(pathToFileURL(output).href)) as { readonly contract: RawFile }
    return contract
  } finally {
    rmSync(beside, { recursive: true })
  }
}

test('the contract suggested for the sample has its types, limits, words, empty values and key, and the sample passes it', async () => {
  using folder = folderWith(makeSample().files)
  const contract = await suggested(folder.root, 'data/sales.csv')
  const { properties } = JSON.parse(JSON.stringify(contract.schema)) as { properties: { [field: string]: object } }
  assert.deepEqual(properties['date'], { type: 'string', format: 'date' })
  assert.deepEqual(properties['station'], { type: 'string', enum: ['city', 'coast', 'hills', 'lake'] })
  assert.deepEqual(properties['units_sold'], { type: 'integer', minimum: 0, maximum: 5000 })
  assert.deepEqual(properties['holiday'], { type: 'boolean' })
  const { path, key, time, series, gapDays, tolerances } = contract
  assert.deepEqual(
    { path, key, time, series, gapDays, tolerances },
    {
      path: 'data/sales.csv',
      key: ['date', 'shop'],
      time: 'date',
      series: ['shop'],
      gapDays: 0,
      tolerances: { units_sold: { missingShare: 0.002 } },
    },
  )
  const { findings } = await checkRawFiles(folder.root, { max_shown: 5, family_wise_error: 0.01 }, new Date(), {
    sales: contract,
  })
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error'),
    [],
  )
})

test('names and words of any kind stay text in the source; numbers below 0 and days that lack have their limits', async () => {
  const hostile = '`$\u007bprocess.exit(9)}` */ \\" \u2028'
  const rows = Array.from({ length: 90 }, (_, n) => {
    const day = new Date(Date.UTC(2024, 0, 1 + n + (n > 50 ? 3 : 0))).toISOString().slice(0, 10)
    return ['x', 'y'].map(
      (key, at) => `${day},${key},${-31.5 + n / 10},"${hostile.replaceAll('"', '""')}",${at + 1}e-3`,
    )
  })
  using folder = folderWith({ 'data/odd.csv': `day,"a ""b""",level,note,share\n${rows.flat().join('\n')}\n` })
  const contract = await suggested(folder.root, 'data/odd.csv')
  const { properties } = JSON.parse(JSON.stringify(contract.schema)) as { properties: { [field: string]: object } }
  assert.deepEqual(properties['level'], { type: 'number', minimum: -50, maximum: -20 })
  assert.deepEqual(properties['note'], { type: 'string', enum: [hostile] })
  assert.deepEqual(properties['share'], { type: 'number', minimum: 0, maximum: 0.002 })
  assert.deepEqual([contract.key, contract.series, contract.gapDays], [['day', 'a "b"'], ['a "b"'], 3])
  const { findings } = await checkRawFiles(folder.root, { max_shown: 5, family_wise_error: 0.01 }, new Date(), {
    odd: contract,
  })
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error'),
    [],
  )
})

test('a sample with one row a day is one series: nothing but the day is its key, whatever else its columns say', async () => {
  const rows = Array.from({ length: 90 }, (_, n) => {
    const day = new Date(Date.UTC(2024, 0, 1 + n + (n > 50 ? 2 : 0))).toISOString().slice(0, 10)
    return `${day},${n % 3 === 0 ? 'dry' : 'wet'},${n / 10}`
  })
  using folder = folderWith({ 'data/one.csv': `day,sky,level\n${[...rows, rows.at(-1)].join('\n')}\n` })
  const contract = await suggested(folder.root, 'data/one.csv')
  assert.deepEqual([contract.key, contract.series, contract.gapDays], [['day'], [], 2])
  const { findings } = await checkRawFiles(folder.root, { max_shown: 5, family_wise_error: 0.01 }, new Date(), {
    one: contract,
  })
  assert.deepEqual(
    findings.map(({ rule, severity }) => `${rule}, ${severity}`),
    ['delivered twice, warning', 'missing days, warning'],
  )
  const command = [
    'validate-data',
    '--suggest',
    join(folder.root, 'data/one.csv'),
    '--output',
    join(folder.root, 'one.ts'),
  ]
  const { stdout } = spawnSync(process.execPath, [join(root, 'pipeline/cli.ts'), ...command], { encoding: 'utf8' })
  assert.match(stdout, /one\.ts: a first contract from 91 rows; key day; one series\n/)
})

test('what no contract can be made of is told', async () => {
  using folder = folderWith({ 'data/a.csv': 'x\n1\n', 'data/b.csv': 'x\n', 'data/c.parquet': 'no' })
  const told = (path: string) => suggestContract(root, join(folder.root, path), join(root, 'x.ts'))
  await assert.rejects(told('data/a.csv'), /a\.csv: no column has a date/)
  await assert.rejects(told('data/b.csv'), /b\.csv: there are no rows/)
  await assert.rejects(told('data/c.parquet'), /c\.parquet: cannot be read as Parquet/)
  await assert.rejects(told('data/d.csv'), /d\.csv: the file is missing/)
})
