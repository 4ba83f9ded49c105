import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import floor from '../../pipeline/data/sample/floor.json' with { type: 'json' }
import { baselinesHeldOut } from '../../pipeline/evaluation/baseline-held-out.ts'
import { judge } from '../../pipeline/evaluation/gate.ts'
import { type HeldOut, predictHeldOut } from '../../pipeline/evaluation/held-out.ts'
import { lookDeeper } from '../../pipeline/evaluation/look-deeper.ts'
import { mae } from '../../pipeline/evaluation/metrics.ts'
import { loadParams } from '../../pipeline/params.ts'
import { random, shuffled } from '../../pipeline/random.ts'
import { ingest } from '../../pipeline/task/ingest.ts'
import { loadBundle } from '../../pipeline/tracking/bundle.ts'
import { makeBundle } from '../../pipeline/training/make-bundle.ts'
import { folderWith } from '../data/folder.ts'
import { sampleFiles } from './sample-folder.ts'

const params = loadParams(join(import.meta.dirname, '../..'))
const sample = folderWith(sampleFiles)
const data = join(sample.root, 'data')
const out = await mkdtemp(join(tmpdir(), 'mergeline-train-'))
after(async () => {
  sample[Symbol.dispose]()
  await rm(out, { recursive: true })
})
const quick = { ...params.train, epochs: 2 }
const quiet = () => {}

test('two trainings give the same digest; another seed gives another', async () => {
  const digests = []
  for (const [name, seed] of [
    ['a', 1],
    ['b', 1],
    ['c', 2],
  ] as const) {
    digests.push((await makeBundle(data, { ...quick, seed }, join(out, name), quiet)).digest)
  }
  assert.equal(digests[0], digests[1])
  assert.notEqual(digests[0], digests[2])
})

test('the cpu backend trains too, to a digest of its own that comes again', async () => {
  const digests = []
  for (const name of ['d', 'e']) {
    digests.push((await makeBundle(data, { ...quick, epochs: 1, backend: 'cpu' }, join(out, name), quiet)).digest)
  }
  assert.equal(digests[0], digests[1])
})

test('the default model is within 10 % of the noise floor and beats both baselines; shuffled targets fail the gate', async () => {
  const bundle = join(out, 'default')
  const epochs: number[] = []
  const made = await makeBundle(data, params.train, bundle, ({ epoch }) => epochs.push(epoch))
  assert.equal(epochs.length, made.epochs.length)
  const until = '2022-12-31'
  const records = await predictHeldOut(data, bundle, until)
  assert.ok(mae(records) <= 1.1 * floor.noiseFloorMae, `${mae(records)} against a floor of ${floor.noiseFloorMae}`)

  const examples = await ingest(data)
  const always = baselinesHeldOut(examples, params.train.split, '')
  const baselines = always.map(({ name, records }) => ({ name, records: records.filter(({ time }) => time > until) }))
  const loaded = await loadBundle(bundle)
  const deep = { examples, bundle: loaded, candidate: records, champion: null, baselines: always, history: made.epochs }
  const depth = await lookDeeper(deep, params.evaluate_gate)
  loaded.dispose()
  const gate = judge(
    {
      candidate: { digest: made.digest, records },
      champion: null,
      baselines,
      unit: 'units',
      ...(depth && { depth }),
    },
    params.evaluate_gate,
  )
  assert.equal(gate.result, 'pass', gate.reasons.join('\n'))
  for (const { against, difference } of gate.comparisons)
    assert.ok(difference.high < 0, `${against}: ${JSON.stringify(difference)}`)

  const shuffledTargets = await trainOnShuffledTargets()
  const refused = judge({ ...gateInput(shuffledTargets), champion: null, baselines }, params.evaluate_gate)
  assert.equal(refused.result, 'fail', refused.reasons.join('\n'))
  const worse = judge(
    { ...gateInput(shuffledTargets), champion: { digest: made.digest, records }, baselines },
    params.evaluate_gate,
  )
  assert.equal(worse.result, 'fail', worse.reasons.join('\n'))
})

const gateInput = (records: readonly HeldOut[]) => ({
  candidate: { digest: 'sha256:shuffled', records },
  unit: 'units',
})

/** Trains on sales that belong to other days and shops, and predicts the true held-out records. */
async function trainOnShuffledTargets(): Promise<readonly HeldOut[]> {
  const [header = '', ...rows] = (sampleFiles['data/sales.csv'] ?? '').trimEnd().split('\n')
  const column = header.split(',').indexOf('units_sold')
  const past = rows.filter((row) => row < '2023').map((row) => row.split(','))
  const order = shuffled(past.length, random(3))
  const mixed = past.map((cells, index) => cells.with(column, past[order[index] as number]?.[column] ?? '').join(','))
  const text = `${[header, ...mixed, ...rows.filter((row) => row >= '2023')].join('\n')}\n`
  using folder = folderWith({ ...sampleFiles, 'data/sales.csv': text })
  await makeBundle(join(folder.root, 'data'), { ...params.train, epochs: 6 }, join(out, 'shuffled'), quiet)
  return predictHeldOut(data, join(out, 'shuffled'), '2022-12-31')
}
