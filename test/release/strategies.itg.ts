// Each way in which a release reaches everybody, with real git, the real gateway and processes.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { request } from 'undici'
import { InputError } from '../../pipeline/errors.ts'
import { deploy } from '../../pipeline/release/deploy.ts'
import type { DeployOptions } from '../../pipeline/release/deployment.ts'
import { git } from '../../pipeline/release/git.ts'
import { history } from '../../pipeline/release/history.ts'
import { promoteAnyway } from '../../pipeline/release/override.ts'
import { promotedRelease, readRelease } from '../../pipeline/release/record.ts'
import { rollback } from '../../pipeline/release/rollback.ts'
import { status } from '../../pipeline/release/status.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { withdrawOpen } from '../../pipeline/release/withdrawal.ts'
import { clients, makeProject } from './project.ts'

const siteOf = ({ commit: _commit, model: _model, ...site }: DeployOptions) => site
const word = { by: 'Ada Example', why: 'enough seen' }
const production = async (root: string) => (await status(root)).find(({ environment }) => environment === 'production')
const arms = async (root: string) => (await production(root))?.members.map(({ arm, ready }) => [arm, ready])

test('shadow: copies first, answered to nobody; one that answers otherwise is taken back before it had a request', async () => {
  const shadow = { share_percent: 100, difference: 0.5, tolerated_percent: 1 }
  await using project = await makeProject({ policy: { shadow } })
  const { ports } = project
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  await using traffic = clients(ports.production)
  const other = await project.model(2, { offset: 5 })
  const taken = await deploy(project.options(other, commit))
  assert.equal(taken.outcome, 'rolled back')
  assert.match(taken.reason, /^shadow: \d+ of \d+ copies were answered otherwise/)
  assert.equal(traffic.seen.digests.get(other.digest), undefined)

  const like = await project.model(3, { offset: 0.1 })
  const promoted = await deploy(project.options(like, commit))
  assert.deepEqual([promoted.outcome, promoted.verdict?.step], ['promoted', 2], promoted.reason)
  assert.ok((promoted.verdict?.evidence.pairs.seen ?? 0) >= 30)
  assert.equal(traffic.seen.failed, 0)
})

test('blue-green: everybody at once, and what ran before stays started: to go back to it no server is started', async () => {
  await using project = await makeProject({ policy: { strategy: 'blue-green', blue_green: { keep_minutes: 5 } } })
  const { root, ports } = project
  const commit = await project.commit()
  const options = project.options(await project.model(1), commit)
  await deploy(options)
  const [blue] = (await production(root))?.members ?? []
  await using traffic = clients(ports.production)
  assert.equal((await deploy(project.options(await project.model(2), commit))).outcome, 'promoted')
  assert.deepEqual(await arms(root), [
    ['stable', true],
    ['kept', true],
  ])
  assert.equal((await rollback(siteOf(options), { ...word, hold: false })).outcome, 'promoted')
  const back = (await production(root))?.members ?? []
  assert.deepEqual(
    back.map(({ arm, pid }) => [arm, pid]),
    [['stable', blue?.pid]],
  )
  assert.equal(traffic.seen.failed, 0)
  // The next release ends what was kept of the one before.
  assert.equal((await deploy(project.options(await project.model(3), commit))).outcome, 'promoted')
  assert.equal((await deploy(project.options(await project.model(4), commit))).outcome, 'promoted')
  assert.equal((await project.processes()).length, 3)
})

test('recreate: what serves is ended before the next one is started, and is back where that one is no good', async () => {
  await using project = await makeProject({ policy: { strategy: 'recreate' } })
  const { root } = project
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  let beside: number | undefined
  const log = (line: string) => {
    if (line.startsWith('starting'))
      void project.processes().then((found) => {
        beside ??= found.filter(({ id }) => id !== 'gateway').length
      })
  }
  assert.equal((await deploy(project.options(await project.model(2), commit, { log }))).outcome, 'promoted')
  assert.ok(beside !== undefined && beside <= 1, `${beside} servers`)
  const bad = await deploy(project.options(await project.model(3, { golden: 7 }), commit))
  assert.deepEqual([bad.outcome, bad.reason.slice(0, 11)], ['rolled back', 'smoke test:'])
  assert.equal((await promotedRelease(root, 'production'))?.model.version, 2)
  assert.deepEqual(await arms(root), [['stable', true]])
})

test('recreate: where nobody has the bundle of what served before, a rollback ends all the same: Git says that nobody is answered, and what to do', async () => {
  await using project = await makeProject({ policy: { strategy: 'recreate' } })
  const { root, ports } = project
  const commit = await project.commit()
  const first = project.options(await project.model(1), commit)
  await deploy(first)
  await rm(join(stateDir(root, 'production'), 'bundles'), { recursive: true })
  const bad = project.options(await project.model(2, { golden: 7 }), commit)
  const losing: DeployOptions = {
    ...bad,
    bundle: async (model) =>
      model.version === 1 ? Promise.reject(new InputError('no place has it')) : bad.bundle(model),
  }
  const taken = await deploy(losing)
  assert.deepEqual([taken.outcome, taken.unserved], ['rolled back', true])
  assert.match(
    taken.reason,
    /^smoke test: .*; nobody is answered: .* v1 .* \(no place has it\); deploy another release/,
  )
  assert.equal((await request(`http://127.0.0.1:${ports.production}/v1/predict`, { method: 'POST' })).statusCode, 503)
  assert.equal((await history(root, 'production')).find(({ commit }) => commit === taken.revertCommit)?.kind, 'revert')
  const message = await git(root, ['log', '-1', '--format=%B', taken.revertCommit ?? ''])
  assert.match(message, /^Serving: {3}nobody; ice-cream-sales v1 .* should$/m)
  assert.match(message, /^Why: smoke test: .*nobody is answered: .*deploy another release/m)
  // Said once: run again it is refused for its hold, and another release is not in its way.
  await assert.rejects(deploy(losing), /on hold/)
  const cure = { ...losing, ...project.options(await project.model(3), commit), bundle: bad.bundle }
  assert.equal((await deploy(cure)).outcome, 'promoted')
  assert.deepEqual(await arms(root), [['stable', true]])
})

test('recreate: once the bundle is back, the next command starts what served before', async () => {
  await using project = await makeProject({ policy: { strategy: 'recreate' } })
  const { root } = project
  const commit = await project.commit()
  const first = project.options(await project.model(1), commit)
  await deploy(first)
  await rm(join(stateDir(root, 'production'), 'bundles'), { recursive: true })
  const bad = project.options(await project.model(2, { golden: 7 }), commit)
  const bundle: DeployOptions['bundle'] = async (model) =>
    model.version === 1 ? Promise.reject(new InputError('no place has it')) : bad.bundle(model)
  assert.equal((await deploy({ ...bad, bundle })).unserved, true)
  assert.equal((await deploy(first)).outcome, 'unchanged')
  assert.deepEqual(await arms(root), [['stable', true]])
})

test('rolling: share after share, each for its time; a fault that is found takes it back all the same', async () => {
  await using project = await makeProject({ policy: { strategy: 'rolling', rolling: { pause_minutes: 0.02 } } })
  const { ports } = project
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  await using _traffic = clients(ports.production)
  const began = Date.now()
  const good = await deploy(project.options(await project.model(2), commit))
  assert.deepEqual([good.outcome, good.verdict?.reason.slice(0, 16)], ['promoted', 'every step stood'])
  assert.ok(Date.now() - began >= 2 * 1200)
  assert.equal((await deploy(project.options(await project.model(3, { errors: 0.6 }), commit))).outcome, 'rolled back')
})

test('a/b: a client keeps its model, nobody but a person ends it, by promote or by withdraw', async () => {
  const host = { sticky_header: 'x-client' }
  await using project = await makeProject({ policy: { strategy: 'a/b', ab: { share_percent: 50 }, host } })
  const { root, ports } = project
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  const ask = async (client: number) => {
    const { headers, body } = await request(`http://127.0.0.1:${ports.production}/v1/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-client': `client ${client}` },
      body: '{"records":[{}]}',
    })
    await body.dump()
    return headers['x-mergeline-digest']
  }
  const asked = async () => Promise.all(Array.from({ length: 240 }, (_, client) => ask(client)))
  const model = await project.model(2)
  const options = project.options(model, commit)
  const begun = await deploy(options)
  assert.deepEqual([begun.outcome, begun.reason.slice(0, 11)], ['testing', 'an a/b test'])
  const first = await asked()
  const got = first.filter((digest) => digest === model.digest).length
  // Who gets which is drawn by chance: a quarter of so many, and no more, would be once in 10¹⁴ times.
  assert.ok(got > 60 && got < 180, `${got} of 240 clients`)
  assert.deepEqual(await asked(), first)
  const told = await deploy(options)
  assert.deepEqual([told.outcome, told.evidence?.lines.length], ['testing', begun.evidence?.lines.length])
  assert.ok(told.canaryRequests >= got)

  const ended = await withdrawOpen(siteOf(options), { ...word, hold: false })
  assert.deepEqual(
    [ended.outcome, ended.held, ended.reason],
    ['rolled back', undefined, 'Ada Example withdrew it: enough seen'],
  )
  assert.equal((await asked()).includes(model.digest), false)
  assert.deepEqual((await readRelease(root, 'production')).held, [])
  assert.equal((await deploy(options)).outcome, 'testing')
  assert.equal((await promoteAnyway(siteOf(options), word)).outcome, 'promoted')
  assert.equal((await promotedRelease(root, 'production'))?.model.version, 2)
})

test('withdraw: a release that is held is taken back by hand, also where another machine has it on trial; nothing on its way is an error', async () => {
  await using project = await makeProject({ canary: { deadline_minutes: 0.01, at_deadline: 'hold' } })
  const { root } = project
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  const options = project.options(await project.model(2), commit)
  const site = siteOf(options)
  await assert.rejects(
    withdrawOpen(site, { ...word, hold: false }),
    (error) => error instanceof InputError && /nothing is on its way to production/.test(error.message),
  )
  assert.equal((await deploy(options)).outcome, 'held')
  const here = await withdrawOpen(site, { ...word, hold: true })
  assert.equal(here.held?.model, options.model?.digest)
  assert.equal((await project.processes()).length, 2)

  const third = project.options(await project.model(3), commit)
  const held = await deploy(third)
  assert.equal(held.outcome, 'held')
  // As on a machine that has nothing of it.
  await rm(`${stateDir(root, 'production')}/journal.json`)
  const elsewhere = await withdrawOpen(siteOf(third), { ...word, hold: false })
  assert.deepEqual([elsewhere.outcome, elsewhere.releaseCommit], ['rolled back', held.releaseCommit])
  const [entry] = await history(root, 'production')
  assert.deepEqual([entry?.kind, entry?.reverts], ['revert', held.releaseCommit])
  assert.equal((await promotedRelease(root, 'production'))?.model.version, 1)
})
