import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadParams } from '../../pipeline/params.ts'
import { random } from '../../pipeline/random.ts'
import { link } from '../../pipeline/task/model.ts'
import { useBackend } from '../../pipeline/tensorflow.ts'
import type { Pass } from '../../pipeline/training/algorithms/algorithm.ts'
import { perceptron } from '../../pipeline/training/algorithms/perceptron.ts'
import { wideAndDeep } from '../../pipeline/training/algorithms/wide-and-deep.ts'

const { train } = loadParams(join(import.meta.dirname, '../..'))
const next = random(1)
const rows = Array.from({ length: 256 }, () => Float32Array.from({ length: 4 }, () => next() - 0.5))

for (const [name, fit] of Object.entries({ perceptron, wideAndDeep }))
  test(`${name}: training begins at the level of the targets, however far from 0 that is`, async () => {
    await useBackend('cpu')
    const firstLoss = async (level: number) => {
      const targets = rows.map(([x = 0]) => link.fromModel(level + x))
      const passes: Pass[] = []
      const until = { epochs: 1, onPass: (pass: Pass) => passes.push(pass) }
      const { model } = await fit({ rows, targets }, until, { ...train, epochs: 1 })
      model.dispose()
      return passes[0]?.loss ?? Number.NaN
    }
    const [low, high] = [await firstLoss(1), await firstLoss(8)]
    assert.ok(Math.abs(low - high) < 0.01, `${low}, ${high}`)
  })
