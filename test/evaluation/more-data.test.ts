import assert from 'node:assert/strict'
import { test } from 'node:test'
import { moreData, type Scored } from '../../pipeline/evaluation/more-data.ts'
import { normals } from './synthetic.ts'

const folds = [0, 1, 2]
const blocksAFold = 13

/** Trainings by seed, of errors around `level`: some blocks are harder, the share of the records makes another difference in each, and each training has its luck (in logarithms). */
function worldOf(seed: number, { records = 0.1, training = 0.05, seeds = 3 } = {}) {
  const next = normals(seed)
  const hard = folds.map(() => Array.from({ length: blocksAFold }, () => Math.exp(0.3 * next())))
  return (level: number): readonly Scored[] => {
    const own = hard.map((blocks) => blocks.map((value) => level * value * Math.exp(records * next())))
    return Array.from({ length: seeds }, () =>
      own.map((blocks) => {
        const luck = Math.exp(training * next())
        const sums = blocks.map((value) => value * luck)
        return { error: sums.reduce((sum, value) => sum + value, 0) / blocksAFold, blocks: sums }
      }),
    )
  }
}

const stateOf = (half: number, all: number, options?: Parameters<typeof worldOf>[1]) => {
  const at = worldOf(1, options)
  return moreData({ half: at(half), all: at(all) }, 'MAE')
}

test('what a doubling of the records did is named, with its interval', () => {
  const falling = stateOf(40, 34)
  assert.equal(falling.is, 'falling')
  assert.match(
    falling.why,
    /^Still falling: with all .* the MAE is 1\d\.\d % less than .* \(95 %: −\d+\.\d % to −\d+\.\d %\)\. More/,
  )
  const calm = { records: 0.01, training: 0.005 }
  assert.equal(stateOf(40, 40, calm).is, 'flat')
  assert.equal(stateOf(40, 46, calm).is, 'rising')
  assert.match(
    stateOf(40, 38, { records: 0.5, training: 0.2 }).why,
    /^Cannot be told: .*search\.cross_validation\.folds/,
  )
})

test('of folds by groups it is said that the interval is too narrow', () => {
  const at = worldOf(1)
  const said = (groups?: boolean) => moreData({ half: at(40), all: at(34) }, 'MAE', groups).why
  assert.match(said(true), /More such records should help\. Where records of one group are alike/)
  assert.doesNotMatch(said(), /group/)
})

test('an algorithm without chance has that of the records alone', () => {
  const { change } = stateOf(40, 40, { records: 0, training: 0 })
  assert.ok(change && Math.abs(change.low) < 1e-9 && Math.abs(change.high) < 1e-9)
  const { change: some } = stateOf(40, 40, { training: 0 })
  assert.ok(some && some.high - some.low > 4)
})

test('a training that diverged, and periods too short, tell nothing', () => {
  const good = [{ error: 1, blocks: [1, 2] }]
  assert.match(moreData({ half: [good], all: [[{ error: null, blocks: [] }]] }, 'MAE').why, /diverged/)
  assert.match(
    moreData({ half: [[{ error: 1, blocks: [1] }]], all: [[{ error: 2, blocks: [2] }]] }, 'MAE').why,
    /too short/,
  )
})

test('where a doubling does nothing, intervals miss that in about 5 % of worlds, whichever chance is the larger', () => {
  for (const options of [{ training: 0.01 }, { records: 0.02, training: 0.08 }, {}]) {
    let missed = 0
    for (let seed = 1; seed <= 1000; seed++) {
      const at = worldOf(seed, options)
      const { change } = moreData({ half: at(40), all: at(40) }, 'MAE')
      if (change && (change.low > 0 || change.high < 0)) missed++
    }
    // 50, and three standard errors.
    assert.ok(missed <= 71, `${JSON.stringify(options)}: ${missed} of 1000`)
  }
})
