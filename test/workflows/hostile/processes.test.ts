import assert from 'node:assert/strict'
import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plain } from '../../../actions/shared/log.ts'
import { git, tryGit } from '../../../pipeline/release/git.ts'
import { markdownCode } from '../../../pipeline/report/escape.ts'
import { commandsIn, start } from '../../actions/action.ts'
import { folderWith, sampleWith, withCell } from '../../data/sample-folder.ts'
import { makeRepository } from '../../release/repository.ts'
import { assertText, invisible, tryAll } from './try.ts'
import { canary, lines } from './words.ts'

const root = join(import.meta.dirname, '../../..')
const params = readFileSync(join(root, 'params.yaml'), 'utf8').replace('max_shown: 5', 'max_shown: 100')
const ours = /^::(?:group|endgroup|(?:warning|error)(?: title=[\w-]+,file=[\w./-]+,line=\d+)?)::/

/** Nothing of it was obeyed by the runner, and all of it is text. */
function isText(log: string, summary: string): void {
  for (const command of commandsIn(log)) assert.match(command, ours)
  assert.doesNotMatch(log, invisible)
  assertText(summary)
}

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

test('deploy: inputs that a workflow got from strangers are refused, each in one message', async (t) => {
  await using repository = await makeRepository({ origin: true })
  const { root: project } = repository
  for (const path of ['params.yaml', 'environments']) cpSync(join(root, path), join(project, path), { recursive: true })
  await git(project, ['add', '.'])
  await git(project, ['commit', '--quiet', '-m', 'Mergeline-Entry: release\n\nMergeline-Environment: production'])
  await git(project, ['push', '--quiet', 'origin', 'main'])
  const inputs = [
    { environment: `../..$(touch ${canary})\n::add-mask::x` },
    { environment: 'production', commit: `--output=${canary}` },
    { environment: 'production', commit: `HEAD:$(touch ${canary})\u001b[2K\n##[group]x`, plan: 'true' },
    { environment: 'staging', commit: '$(touch $CANARY)', image: '`touch $CANARY`' },
    { environment: 'staging', resume: '$(touch $CANARY)' },
    { environment: 'production', request: 'true', commit: ':/Mergeline' },
  ]
  await tryAll(
    t,
    inputs.map((each) => JSON.stringify(each)),
    async (text) => {
      const { code, log, summary } = await start('deploy', {
        workspace: project,
        inputs: JSON.parse(text),
        env: { CANARY: canary, GITHUB_RUN_ID: '7', GITHUB_REPOSITORY: 'acme/shop' },
      })
      assert.equal(code, 1, log)
      isText(log, summary)
      assert.match(log, /^::error::(?!.*\n\s+at )/m)
    },
  )
  assert.match((await tryGit(project, ['ls-remote', 'origin', 'releases'])).output, /^$/, 'nothing was recorded')
})
