import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { annotateFindings, annotateReasons } from '../../../actions/shared/annotations.ts'
import { fail } from '../../../actions/shared/failure.ts'
import { say } from '../../../actions/shared/log.ts'
import { setOutputs } from '../../../actions/shared/outputs.ts'
import { readRunner } from '../../../actions/shared/runner.ts'
import { tableOf } from '../../../actions/shared/summary.ts'
import { InputError, RefusedError } from '../../../pipeline/errors.ts'
import { commandsIn } from '../../actions/action.ts'
import { cellsOf, withoutCode } from '../../report/cells.ts'
import { invisible, tryAll } from './try.ts'
import { words } from './words.ts'

const root = join(import.meta.dirname, '../../..')
const dir = mkdtempSync(join(tmpdir(), 'mergeline-hostile-'))
after(() => rmSync(dir, { recursive: true }))

/** What is printed meanwhile: the runner reads all of it. */
function printed(work: () => void): string {
  const parts: string[] = []
  const { write } = process.stdout
  process.stdout.write = (part: string | Uint8Array) => parts.push(String(part)) > 0
  try {
    work()
  } finally {
    process.stdout.write = write
    process.exitCode = undefined
  }
  return parts.join('')
}

/** The messages of commands, each an error or a warning of ours, as the runner decodes them. */
function messagesIn(log: string): string[] {
  return log
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, message] = /^::(?:error|warning)(?: [\w-]+=[^:,]*(?:,[\w-]+=[^:,]*)*)?::(.*)$/.exec(line) ?? []
      assert.ok(message !== undefined, line)
      return message.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
    })
}

test('in a line of the log: the runner obeys nothing, and the screen stays as it is', (t) =>
  tryAll(t, words, (word) => {
    const log = printed(() => say(`train: ${word}\n${word}`))
    assert.deepEqual(commandsIn(log), [])
    assert.doesNotMatch(log, invisible)
  }))

test('in what a step fails with: one message, of visible text', (t) =>
  tryAll(t, words, (word) => {
    const runner = readRunner({ GITHUB_WORKSPACE: root })
    const errors = [
      new InputError(word),
      new InputError(`params.yaml: ${word}`),
      new InputError(`params.yaml:\n  - train.${word}\n  - ${word}`),
      new InputError(`data.dvc:1:1: ${word}`),
      new RefusedError(word),
      new Error(word),
    ]
    for (const error of errors) {
      const messages = messagesIn(printed(() => fail(error, runner)))
      assert.ok(messages.length <= 4)
      for (const message of messages) {
        assert.doesNotMatch(message, invisible)
        assert.deepEqual(commandsIn(message), [], 'also where it is shown')
      }
    }
  }))

test('in what is marked on the lines of files: a place of ours, and visible text', (t) =>
  tryAll(t, words, (word) => {
    const finding = { file: word, rule: word, field: word, count: 1, what: word, cure: word } as const
    const found = { ...finding, severity: 'error', shown: [{ row: 1, value: word }] } as const
    const log = printed(() => {
      annotateFindings(root, [found, { ...found, severity: 'warning', file: 'data/sales.csv' }])
      annotateReasons(root, [`${word} train.epochs in params.yaml ${word}`])
    })
    const messages = messagesIn(log)
    assert.equal(messages.length, 3)
    for (const message of messages) {
      assert.doesNotMatch(message, invisible)
      assert.deepEqual(commandsIn(message), [])
    }
  }))

test('in an output: the step has this one, as it is', (t) => {
  const file = join(dir, 'output')
  process.env['GITHUB_OUTPUT'] = file
  t.after(() => {
    delete process.env['GITHUB_OUTPUT']
  })
  return tryAll(t, words, (word) => {
    writeFileSync(file, '')
    setOutputs({ reason: word })
    const text = readFileSync(file, 'utf8')
    const [, delimiter = ''] = /^reason<<(ghadelimiter_[\w-]{36})\n/.exec(text) ?? []
    assert.equal(text, `reason<<${delimiter}\n${word.toWellFormed()}\n${delimiter}\n`)
    assert.ok(!word.includes(delimiter))
  })
})

test('in a table of the job summary: text in its cell', (t) =>
  tryAll(t, words.filter(Boolean), (word) => {
    const table = tableOf(word, { why: word, [word]: 'x', model: `x ${word}` }).trimEnd()
    const [title = '', ...rows] = table.split('\n')
    assert.match(title, /^### /)
    assert.ok(rows.length === 6, table)
    for (const row of rows.slice(1)) assert.equal(cellsOf(row).length, 2, row)
    assert.doesNotMatch(table, invisible)
    assert.doesNotMatch(withoutCode(table), /@|\]\(|https?:\/\/|</)
  }))
