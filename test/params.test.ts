import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { InputError } from '../pipeline/errors.ts'
import { parseParams } from '../pipeline/params.ts'

const text = readFileSync(join(import.meta.dirname, '../params.yaml'), 'utf8')
const wrong = (changed: string, message: RegExp) =>
  assert.throws(
    () => parseParams(changed),
    (error) => error instanceof InputError && message.test(error.message),
  )

test('the params.yaml of the template is right', () => {
  assert.equal(parseParams(text).train.backend, 'wasm')
})

for (const [what, from, to, message] of [
  ['a value out of range', /epochs: \d+/, 'epochs: 0', /^params\.yaml: train\.epochs must be >= 1, got 0$/],
  [
    'a wrong type',
    /batch_size: \d+/,
    'batch_size: "64"',
    /^params\.yaml: train\.batch_size must be integer, got "64"$/,
  ],
  [
    'a value that is none of those known',
    'backend: wasm',
    'backend: gpu',
    /train\.backend must be one of wasm, cpu, native, got "gpu"/,
  ],
  [
    'a refit to anything but nothing and all',
    'refit: none',
    'refit: validation',
    /train\.refit must be one of none, all, got "validation"/,
  ],
  [
    'an unknown key, with those that are known',
    'patience:',
    'patiance:',
    /train\.patiance is not a known key; known here: seed, backend/,
  ],
  [
    'a rule that is not known, with those that are',
    'overfitting: {',
    'overfit: {',
    /evaluate_gate\.rules\.overfit is not a known key; known here: worst_slice, fairness, robustness, overfitting, calibration/,
  ],
  ['a name that MLflow would refuse', /model: [^\n]+/, 'model: a/b', /register\.model must match pattern/],
  ['broken YAML, with line and column', 'hidden: [', 'hidden: [[', /^params\.yaml:\d+:\d+: not valid YAML/],
  [
    'a key given twice',
    'epochs:',
    'seed: 2\n  epochs:',
    /^params\.yaml:\d+:\d+: not valid YAML: Map keys must be unique/,
  ],
] as const) {
  test(`refused: ${what}`, () => {
    const changed = text.replace(from, to)
    assert.notEqual(changed, text)
    wrong(changed, message)
  })
}

test('several mistakes are told at once', () => {
  wrong(
    text.replace(/epochs: \d+/, 'epochs: 0').replace(/seed: 1\n/, 'seed: x\n'),
    /train\.seed .*\n.*train\.epochs|train\.epochs .*\n.*train\.seed/,
  )
})

test('an empty file, a list and an alias bomb are refused', () => {
  wrong('', /the top level must be object/)
  wrong('- 1', /the top level must be object/)
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefg'.split('').map((key, n) => `${key}: &${key} [${`*${'abcdefg'[n]},`.repeat(9)}]`),
  ].join('\n')
  wrong(bomb, /too many YAML aliases/)
})
