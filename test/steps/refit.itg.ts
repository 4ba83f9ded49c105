import assert from 'node:assert/strict'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { heldOutOf } from '../../pipeline/evaluation/held-out.ts'
import { mae } from '../../pipeline/evaluation/metrics.ts'
import { loadParams, type Params } from '../../pipeline/params.ts'
import { promoteRelease } from '../../pipeline/release/decided.ts'
import { evaluateGate } from '../../pipeline/steps/evaluate-gate.ts'
import { train } from '../../pipeline/steps/train.ts'
import { ingest } from '../../pipeline/task/ingest.ts'
import { loadBundle } from '../../pipeline/tracking/bundle.ts'
import { recordRelease } from '../release/repository.ts'
import { makeProject } from './project.ts'

const project = await makeProject()
after(() => project[Symbol.asyncDispose]())
const { root, git } = project
const params = loadParams(root)
const quick = { ...params.evaluate_gate, resamples: 200 }

const contextOf = (change: Partial<Params['train']>) => ({
  ...{ root, tracking: null, say: () => {}, progress: () => {} },
  params: { ...params, train: { ...params.train, epochs: 3, ...change }, evaluate_gate: quick },
})

/** Trains by other settings than those in the tree, and has the gate judge what came of it. */
async function judgedWith(change: Partial<Params['train']>) {
  const context = contextOf(change)
  const training = await train(context)
  const { gate, report } = await evaluateGate(context)
  const { depth } = JSON.parse(await readFile(report.json, 'utf8'))
  return { training, gate, depth, told: await readFile(report.markdown, 'utf8') }
}
const own = ({ scored }: Awaited<ReturnType<typeof judgedWith>>['gate']) =>
  scored.find(({ name }) => name === 'candidate')

test('with a refit, the gate finds what it finds without, in depth as well: what it judges has not seen the records', async () => {
  const [none, all] = [await judgedWith({ refit: 'none' }), await judgedWith({ refit: 'all' })]
  assert.notEqual(all.training.digest, none.training.digest)
  assert.equal(all.training.epochs, 3 + 3)
  const { refits, reasons, ...gate } = all.gate
  const anonymous = (scored: typeof gate.scored) => scored.map(({ digest: _, ...rest }) => rest)
  assert.deepEqual(anonymous(gate.scored), anonymous(none.gate.scored))
  assert.deepEqual({ ...gate, scored: [], reasons: [] }, { ...none.gate, scored: [], reasons: [] })
  assert.deepEqual(
    reasons.filter((reason) => !reason.startsWith('Refit: ')),
    none.gate.reasons,
  )
  assert.deepEqual(all.depth, none.depth)
  assert.deepEqual(refits, [{ model: 'candidate', more: 5835, until: '2023-12-31' }])
  assert.match(all.told, /The candidate was judged before its refit: what ships was then trained on 5,835 more records/)
  assert.doesNotMatch(none.told, /refit/i)

  // Killed while it wrote, a training has left what it wrote; run again, it is gone, and the model is the same.
  const left = join(all.training.folder, '.bundle-0123456789ab')
  await mkdir(left)
  await writeFile(join(left, 'weights.bin'), 'half')
  await rm(join(all.training.folder, 'training.json'))
  const again = await train(contextOf({ refit: 'all' }))
  assert.deepEqual([again.reused, again.digest], [false, all.training.digest])
  assert.deepEqual((await readdir(again.folder)).toSorted(), ['bundle', 'training.json'])

  // Production gets it, and the next candidate is judged against it: by the code of its commit, which predicts with what was judged.
  const { digest, fingerprint, bundle } = all.training
  await cp(bundle, join(root, '.mergeline/bundles', digest.replace(':', '-')), { recursive: true })
  const commit = await git('rev-parse', 'HEAD')
  const model = { name: params.register.model, digest, fingerprint }
  const release = await recordRelease(root, 'production', { model, commit, rehearsal: true })
  await promoteRelease(root, 'production', release)
  const next = await judgedWith({ algorithm: 'ridge', refit: 'none' })
  assert.deepEqual(next.gate.refits, [{ model: 'champion', more: 5835, until: '2023-12-31' }])
  assert.deepEqual(next.gate.heldOut, none.gate.heldOut)
  assert.match(next.told, /The champion was judged before its refit: what production runs was then trained on/)
  const champion = next.gate.scored.find(({ name }) => name === 'champion')
  const judged = own(none.gate)?.error.estimate ?? Number.NaN
  assert.ok(Math.abs((champion?.error.estimate ?? 0) - judged) < 1e-4 * judged, `${champion?.error.estimate} ${judged}`)
  const shipped = await loadBundle(bundle)
  const seen = heldOutOf(await ingest(join(root, 'data')), '2022-12-31', (examples) =>
    shipped.predict(examples.map(({ record }) => record)),
  )
  shipped.dispose()
  assert.ok(Math.abs(mae(seen) - judged) > 1e-3 * judged, 'what ships has another error there')
})
