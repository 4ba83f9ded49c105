// Which training on this machine is believed.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Context } from '../../pipeline/steps/context.ts'
import { trainingFolder } from '../../pipeline/steps/finished-training.ts'
import { reuse } from '../../pipeline/steps/reuse.ts'
import { told, writeSampleBundle, writeSampleTraining } from './sample-bundle.ts'

const fingerprint = `sha256:${'f'.repeat(64)}`
const other = `sha256:${'0'.repeat(64)}`

test('with trust `recorded`, what an earlier job left on the machine is believed only for the expected digest or this run’s own', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'mergeline-reuse-'))
  t.after(() => rmSync(root, { recursive: true }))
  const { digest } = await writeSampleTraining(trainingFolder(root, fingerprint))
  const found = async (more: Partial<Context>) => {
    const context = { root, recorded: async () => ({ why: 'no run has this fingerprint' }), ...more } as Context
    const answer = await reuse(context, { fingerprint } as Parameters<typeof reuse>[1], null, null)
    return 'made' in answer ? answer.source : answer.why
  }
  const why = `this machine has ${digest.slice(0, 19)}, but not from this run; no run has this fingerprint`
  assert.equal(await found({}), 'this machine', 'as on a laptop')
  assert.equal(await found({ trust: 'recorded' }), why)
  assert.equal(await found({ trust: 'recorded', expected: other, ownDigests: [other] }), why)
  assert.equal(await found({ trust: 'recorded', expected: digest }), 'this machine')
  assert.equal(await found({ trust: 'recorded', ownDigests: [digest] }), 'this machine')
})

test('what is recorded takes the place of what is not believed', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'mergeline-reuse-'))
  t.after(() => rmSync(root, { recursive: true }))
  const folder = trainingFolder(root, fingerprint)
  const left = await writeSampleBundle(join(folder, 'bundle'), 'planted')
  writeFileSync(join(folder, 'training.json'), JSON.stringify(told(left.digest)))
  const planted = await reuse({ root } as Context, { fingerprint } as never, null, null)
  assert.ok('made' in planted && planted.made.digest === left.digest, 'it is whole')
  const recorded = async (_fingerprint: string, place: string) => {
    await writeSampleTraining(place)
    return { from: 'this run', vouched: true }
  }
  const context = { root, recorded, trust: 'recorded' } as unknown as Context
  const answer = await reuse(context, { fingerprint } as Parameters<typeof reuse>[1], null, null)
  assert.ok('made' in answer && answer.source === 'this run')
  assert.notEqual(answer.made.digest, left.digest)
  const again = await reuse({ ...context, ownDigests: [answer.made.digest] }, { fingerprint } as never, null, null)
  assert.ok('made' in again && again.source === 'this machine' && again.made.digest === answer.made.digest)
})
