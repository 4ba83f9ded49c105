import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plain } from '../../actions/shared/log.ts'
import { tableOf } from '../../actions/shared/summary.ts'
import { commandsIn } from './action.ts'

const hostile = [
  '::set-output name=result::pass',
  '  \t::error::not ours',
  '\u00a0\u2003::add-mask::x',
  ':::debug::x',
  'fine\n::stop-commands::x',
  'fine\r::add-path::/x',
  'fine\r\n::endgroup::',
  '\u0000::warning::x',
  'shop ##[set-env name=PATH]/x',
  '##[group]x',
  '\u000b::error::x',
  '\u0085::error::x',
  '\u2028::error::x',
]

for (const text of hostile) {
  test(`the runner obeys nothing in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(commandsIn(plain(text)), [])
    assert.deepEqual(commandsIn(plain(`before\n${text}\nafter`)), [])
  })
}

test('escape codes cannot repaint the log', () => {
  assert.equal(plain('a\u001b[2Kb\u202ec'), 'a\ufffd[2Kb\ufffdc')
})

test('what is no command stays as it is', () => {
  const text = 'train: a::b, 12:30, C:: and #[x]\n\ttabs stay\n'
  assert.equal(plain(text), text)
})

test('a table says values as text, and leaves out what there is none of', () => {
  const table = tableOf('Training', { digest: 'sha256:ab', why: 'see | @team <b>', seconds: 1.5, revert: undefined })
  assert.equal(
    table,
    [
      '### Training',
      '',
      '| | |',
      '|---|---|',
      '| digest | `sha256:ab` |',
      '| why | see &#124; &#64;\u2060team &#60;b&#62; |',
      '| seconds | 1.5 |',
      '',
    ].join('\n'),
  )
})
