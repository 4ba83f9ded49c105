import assert from 'node:assert/strict'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { unzip } from '../../actions/shared/unzip.ts'
import { readReport } from '../../pipeline/report/report-json.ts'
import { commandsIn, start } from '../actions/action.ts'
import { startResultsService } from '../actions/results-service.ts'
import { folderWith } from '../data/folder.ts'
import { sampleFiles, sampleWith, withCell } from './sample-folder.ts'

const root = join(import.meta.dirname, '../..')
const own = ['params.yaml', 'data.dvc', 'package.json', 'package-lock.json']

/** A checked-out repository, as far as data go. */
function workspaceWith(files: { readonly [path: string]: string }) {
  const folder = folderWith({
    ...Object.fromEntries(own.map((path) => [path, readFileSync(join(root, path))])),
    ...files,
  })
  for (const linked of ['pipeline', 'node_modules']) symlinkSync(join(root, linked), join(folder.root, linked))
  return folder
}

const lineOf = (text: RegExp) =>
  readFileSync(join(root, 'pipeline/task/record.ts'), 'utf8')
    .split('\n')
    .findIndex((line) => text.test(line)) + 1

test('data as they should be pass: outputs, report in the job summary, warnings on the fields they concern', async () => {
  using folder = workspaceWith(sampleFiles)
  const { code, log, outputs, summary } = await start('validate-data', { workspace: folder.root })
  assert.equal(code, 0, log)
  assert.deepEqual(outputs, { result: 'pass', errors: '0', warnings: '10' })
  assert.match(summary, /ice-cream-sales/)
  assert.match(log, /^validate-data: passed; data\/sales\.csv 17552 rows/m)
  const line = lineOf(/^\s+units_sold: Type/)
  assert.match(
    log,
    new RegExp(`^::warning title=validate-data,file=pipeline/task/record\\.ts,line=${line}::data/sales`, 'm'),
  )
  assert.match(log, /^::warning title=validate-data,file=data\.dvc,line=2::data\/sales\.csv: .*\(\d+\)/m)
  assert.doesNotMatch(log, /^::error/m)
})

test('refused data fail the action with one message, with outputs, rows and cures', async () => {
  const files = sampleWith('data/sales.csv', (line, row) => (row === 100 ? withCell(line, 3, () => '-7') : line))
  using folder = workspaceWith(files)
  const { code, log, outputs, summary } = await start('validate-data', { workspace: folder.root })
  assert.equal(code, 1)
  assert.deepEqual([outputs['result'], outputs['errors']], ['refused', '1'])
  const line = lineOf(/^\s+units_sold: Type/)
  assert.match(
    log,
    new RegExp(
      `^::error title=validate-data,file=pipeline/task/record\\.ts,line=${line}::data/sales\\.csv: units_sold .*data/sales\\.csv:100: -7`,
      'm',
    ),
  )
  assert.match(log, /^::error::validate-data: the data are refused: 1 error; the job summary shows rows and cures$/m)
  assert.match(summary, /-7/)
})

test('hostile values in the data are shown, and the runner obeys none of them', async () => {
  const planted = ['##[add-mask]harbour', '::set-output name=result::pass', '::stop-commands::x']
  const files = sampleWith('data/sales.csv', (line, row) => withCell(line, 1, (shop) => planted[row - 100] ?? shop))
  using folder = workspaceWith(files)
  const { code, log, outputs } = await start('validate-data', { workspace: folder.root })
  assert.equal(code, 1)
  assert.equal(outputs['result'], 'refused')
  assert.match(log, /data\/sales\.csv:100: ##\u2060\[add-mask\]harbour/)
  const ours = /^::(group|endgroup|(warning|error)( title=[\w-]+,file=[\w./-]+,line=\d+)?)::/
  for (const command of commandsIn(log)) assert.match(command, ours)
})

test('the report of refused data is left as an artifact, for the comment', async () => {
  const files = sampleWith('data/sales.csv', (line, row) => (row === 100 ? withCell(line, 3, () => '-7') : line))
  using folder = workspaceWith(files)
  await using service = await startResultsService()
  const { code, log } = await start('validate-data', { workspace: folder.root, env: service.env })
  assert.equal(code, 1, log)
  const [archive] = service.stored
  const limits = { allow: () => true, maxBytes: 1e6, maxFiles: 9 }
  const found = await unzip(archive?.bytes ?? Buffer.alloc(0), 'artifact', limits)
  assert.deepEqual([...found.keys()].sort(), ['report.html', 'report.json'])
  const { data } = readReport(found.get('report.json') ?? Buffer.alloc(0), 'report.json')
  assert.equal(data?.pass, false)
  assert.equal(data?.findings.find(({ severity }) => severity === 'error')?.shown[0]?.value, '-7')
})
