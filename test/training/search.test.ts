import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../../pipeline/errors.ts'
import { loadParams, type Params } from '../../pipeline/params.ts'
import { random } from '../../pipeline/random.ts'
import { trialRunner } from '../../pipeline/steps/run-trials.ts'
import { requireEpochs, withPoint } from '../../pipeline/steps/search-point.ts'
import { withTrain } from '../../pipeline/steps/write-params.ts'
import { halvingOf, search, type Trial } from '../../pipeline/training/search/methods.ts'
import { draws, grid, type Point } from '../../pipeline/training/search/space.ts'

const own = loadParams(join(import.meta.dirname, '../..'))
const { train } = own
const folder = await mkdtemp(join(tmpdir(), 'mergeline-search-'))
after(() => rm(folder, { recursive: true }))

test('a grid is every combination, with the steps of its ranges; draws stay in the space, differ and end', () => {
  assert.deepEqual(grid({ a: [1, 2], b: ['x', 'y'] }), [
    { a: 1, b: 'x' },
    { a: 1, b: 'y' },
    { a: 2, b: 'x' },
    { a: 2, b: 'y' },
  ])
  assert.deepEqual(
    grid({ rate: { from: 0.001, to: 0.1, scale: 'log', steps: 3 } }).map(({ rate }) => rate),
    [0.001, 0.01, 0.1],
  )
  assert.throws(() => grid({ rate: { from: 0, to: 1, scale: 'linear' } }), /search\.space\.rate: a grid needs steps/)
  assert.throws(() => grid({ rate: { from: 0, to: 1, scale: 'log', steps: 2 } }), /from must be above 0, got 0/)
  assert.throws(() => grid({ rate: { from: 2, to: 1, scale: 'log', steps: 2 } }), /from must be below to, got 2 and 1/)

  assert.equal([...draws({ a: [1, 2], b: ['x', 'y', 'z'] }, random(1))].length, 6, 'all of them, each once')
  const counts = new Map<unknown, number>()
  const integers = draws(
    { n: { from: 1, to: 4, scale: 'linear', integer: true }, u: { from: 0, to: 1, scale: 'linear' } },
    random(2),
  )
  for (let n = 0; n < 4000; n++) {
    const { n: value } = integers.next().value as Point
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  assert.deepEqual([...counts.keys()].toSorted(), [1, 2, 3, 4])
  for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 130, `each as often as the others: ${count}`)
})

test('a method spends its budget of epochs and not more, whatever it is', async () => {
  for (const method of ['random', 'successive_halving'] as const)
    for (const budget of [{ trials: 3 }, { trials: 20 }, { epochs: 700 }]) {
      let spent = 0
      const space = { x: { from: 0, to: 1, scale: 'linear' } } as const
      const most = budget.epochs ?? (budget.trials ?? 0) * 30
      await search({ method, budget, seed: 1, space }, 30, async (trials) => {
        spent += trials.reduce((sum, { epochs }) => sum + epochs, 0)
        return trials.map(({ point }) => Number(point['x']))
      })
      assert.ok(spent <= most && spent > most - 30, `${method} ${JSON.stringify(budget)}: ${spent}`)
    }
  assert.deepEqual(halvingOf(600, 30), [
    { trials: 57, epochs: 4 },
    { trials: 19, epochs: 10 },
    { trials: 6, epochs: 30 },
  ])
  assert.throws(() => halvingOf(30, 30), /one point through all rungs takes 44 epochs, and the budget is 30 epochs/)
  const cells = { method: 'grid', budget: { trials: 3 }, seed: 1, space: { a: [1, 2], b: [1, 2] } } as const
  await assert.rejects(
    search(cells, 10, async () => []),
    /the grid has 4 points, which take 40 epochs, and the budget is 30/,
  )
})

test('the best of the last rung comes first; what diverged last; of equal ones the earlier', async () => {
  const space = { x: [5, 1, Number.MAX_SAFE_INTEGER, 3, 1.5] }
  const ranked = await search({ method: 'grid', budget: { trials: 5 }, seed: 1, space }, 1, async (trials) =>
    trials.map(({ point }) => (Number(point['x']) > 100 ? Number.POSITIVE_INFINITY : Math.floor(Number(point['x'])))),
  )
  assert.deepEqual(
    ranked.map(({ point }) => point['x']),
    [1, 1.5, 3, 5, Number.MAX_SAFE_INTEGER],
  )
})

test('a point is a checked section train; what is not for a search to choose is refused by name', () => {
  const trial = (point: Point): Trial => ({ point, epochs: 7 })
  const made = withPoint(train, trial({ 'network.hidden': [8], batch_size: 32 }))
  assert.deepEqual(made, { ...train, epochs: 7, batch_size: 32, network: { ...train.network, hidden: [8] } })
  for (const [point, message] of [
    [{ 'network.depth': 3 }, /search\.space\.network\.depth: is no setting of the section train/],
    [{ network: 3 }, /search\.space\.network: is no setting/],
    [{ 'constructor.name': 'x' }, /search\.space\.constructor\.name: is no setting/],
    [{ 'split.test_days': 3 }, /search\.space\.split\.test_days: cannot be searched: it says which records/],
    [{ refit: 'all' }, /search\.space\.refit: cannot be searched: it changes what ships, not what is judged/],
    [{ seed: 3 }, /the luckiest one/],
    [{ batch_size: 0 }, /search\.space: batch_size must be >= 1, got 0/],
  ] as const)
    assert.throws(
      () => withPoint(train, trial(point)),
      (error) => error instanceof InputError && message.test(error.message),
    )
  assert.doesNotThrow(() => requireEpochs({ ...train, algorithm: 'wide_and_deep' }, 'successive_halving'))
  assert.throws(() => requireEpochs({ ...train, algorithm: 'ridge' }, 'successive_halving'), /ridge has none; use grid/)
})

test('--write changes the values and nothing else of params.yaml', () => {
  const text = `# ours
train:
  seed: 1
  backend: wasm # wasm | cpu
  split:   { validation_days: 30, test_days: 30 } # odd   spaces
  network:
    hidden: # so many
      - 24
      - 12
    initializer: he_normal
    learning_rate:    0.01   # why
    l2: 0
  epochs: 30
  batch_size: 64 # rows
  patience: 10
`
  const { train: _, search: __, ...others } = own
  const more = Object.entries(train).filter(([key]) => !text.includes(`\n  ${key}:`))
  const inJson = (entries: readonly (readonly [string, unknown])[], indent: string) =>
    entries.map(([key, value]) => `${indent}${key}: ${JSON.stringify(value)}\n`).join('')
  const whole = text + inJson(more, '  ') + inJson(Object.entries(others), '')
  const changed = withTrain(whole, { 'network.learning_rate': 0.0072, batch_size: 32, backend: 'cpu' })
  const expected = whole
    .replace('0.01   # why', '0.0072   # why')
    .replace('64 # rows', '32 # rows')
    .replace('wasm # wasm', 'cpu # wasm')
  assert.equal(changed, expected)
  assert.throws(() => withTrain(whole, { batch_size: -1 }), /train\.batch_size must be >= 1/)
})

/** What a trial comes to here: a function of its values alone. */
const errorOf = (section: Params['train']) => Math.abs(Math.log10(section.network.learning_rate) + 2)
const space = { 'network.learning_rate': { from: 0.0001, to: 1, scale: 'log' } } as const

test('killed at any trial and run again, a search does none twice and comes to the same; a file that is not whole is done again', async () => {
  const searchIn = async (dir: string, diesAfter: number, done: string[]) => {
    const runner = trialRunner({ progress: () => {} }, dir, 2, async ({ train: section }) => {
      if (done.length === diesAfter) throw new Error('killed')
      done.push(JSON.stringify(section))
      return [1, 2].map((fold) => ({ error: errorOf(section) * fold, records: fold, blocks: [] }))
    })
    const budget = { trials: 4 }
    return search({ method: 'successive_halving', budget, seed: 3, space }, 9, async (trials) =>
      (
        await runner.run(
          trials.map((trial) => ({ ...trial, train: withPoint(train, trial) })),
          'trials',
        )
      ).map(({ error }) => error ?? Number.POSITIVE_INFINITY),
    )
  }
  const straight: string[] = []
  const expected = await searchIn(join(folder, 'straight'), Number.POSITIVE_INFINITY, straight)
  assert.ok(Math.abs(Math.log10(Number(expected[0]?.point['network.learning_rate'])) + 2) < 0.3)
  for (let at = 1; at < straight.length; at += 3) {
    const dir = join(folder, `killed-${at}`)
    const done: string[] = []
    await assert.rejects(searchIn(dir, at, done), /killed/)
    // What runs beside the one that failed ends by itself.
    let files: readonly string[] = []
    while (files.length < done.length || files.some((name) => !name.endsWith('.json'))) {
      await sleep(5)
      files = await readdir(dir).catch(() => [])
    }
    assert.equal(files.length, done.length)
    await writeFile(join(dir, files[0] as string), '{"train": {')
    assert.deepEqual(await searchIn(dir, Number.POSITIVE_INFINITY, done), expected)
    assert.equal(new Set(done).size, straight.length)
    assert.equal(done.length, straight.length + 1, 'the broken one alone was done twice')
  }
})
