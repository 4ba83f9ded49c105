// The same for the sample's data as test/workflows/hostile/ has for all else that strangers write.
import assert from 'node:assert/strict'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plain } from '../../actions/shared/log.ts'
import { markdownCode } from '../../pipeline/report/escape.ts'
import { start } from '../actions/action.ts'
import { folderWith } from '../data/folder.ts'
import { isText } from '../workflows/hostile/told.ts'
import { tryAll } from '../workflows/hostile/try.ts'
import { canary, lines } from '../workflows/hostile/words.ts'
import { sampleWith, withCell } from './sample-folder.ts'

const root = join(import.meta.dirname, '../..')
const params = readFileSync(join(root, 'params.yaml'), 'utf8').replace('max_shown: 5', 'max_shown: 100')

/** Those that the log shows whole. */
const short = lines.filter((word) => word.trim() === word && word.length < 80)
const workspace = (files: { readonly [path: string]: string }) => {
  const folder = folderWith({ ...files, 'params.yaml': params, 'data.dvc': readFileSync(join(root, 'data.dvc')) })
  for (const linked of ['pipeline', 'node_modules']) symlinkSync(join(root, linked), join(folder.root, linked))
  return folder
}

test('validate-data: cells of the data, ten a column, are told as text in the log, on the lines and in the summary', async (t) => {
  const cells = short.slice(0, 60)
  const files = sampleWith('data/sales.csv', (line, row) => {
    const word = cells[row - 100]
    return word === undefined ? line : withCell(line, (row - 100) % 6, () => `"${word.replaceAll('"', '""')}"`)
  })
  using folder = workspace(files)
  const env = { CANARY: canary }
  const { code, log, outputs, summary } = await start('validate-data', { workspace: folder.root, env })
  assert.deepEqual([code, outputs['result']], [1, 'refused'], log)
  isText(log, summary)
  await tryAll(t, cells, (word) => assert.ok(summary.includes(markdownCode(word))))
})

test('validate-data: names of columns are told as text', async (t) => {
  const names = short.slice(60, 155)
  const header = names.map((word) => `"${word.replaceAll('"', '""')}"`).join(',')
  using folder = workspace(sampleWith('data/sales.csv', (line, row) => (row === 1 ? `${line},${header}` : line)))
  const env = { CANARY: canary }
  const { code, log, summary } = await start('validate-data', { workspace: folder.root, env })
  assert.equal(code, 1)
  isText(log, summary)
  await tryAll(t, names, (word) => assert.ok(log.includes(plain(`data/sales.csv:1: ${word}`))))
})
