// Back to what ran before, on somebody's word: one command, one revert commit, no trial and no training.
import assert from 'node:assert/strict'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { RefusedError } from '../../pipeline/errors.ts'
import { deploy } from '../../pipeline/release/deploy.ts'
import type { DeployOptions } from '../../pipeline/release/deployment.ts'
import { git } from '../../pipeline/release/git.ts'
import { history } from '../../pipeline/release/history.ts'
import { openJournal, readJournal } from '../../pipeline/release/journal.ts'
import { promotedRelease, readRelease } from '../../pipeline/release/record.ts'
import { rollback } from '../../pipeline/release/rollback.ts'
import { status } from '../../pipeline/release/status.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { clients, makeProject } from './project.ts'

const asked = { by: 'Ada Example', why: 'customers call', hold: true }
const steps = { steps: [] }

const siteOf = ({ commit: _commit, model: _model, ...site }: DeployOptions) => site

test('production goes back at once: no client notices, Git has one revert commit, aliases follow, and again is refused', async () => {
  await using project = await makeProject({ canary: steps })
  const { root, ports } = project
  const commit = await project.commit()
  const aliases: string[] = []
  const registry = { setAlias: async (alias: string, version: number) => void aliases.push(`${alias}=${version}`) }
  const first = project.options(await project.model(1), commit, { registry })
  await deploy(first)
  await assert.rejects(rollback(siteOf(first), asked), /promoted nothing else before ice-cream-sales v1/)
  const second = await deploy(project.options(await project.model(2), commit, { registry }))
  await using traffic = clients(ports.production, 2)
  await assert.rejects(
    rollback(siteOf(first), { ...asked, digest: 'sha256:0' }),
    /runs .* v2 .*, not sha256:0; nothing/,
  )
  aliases.length = 0

  const done = await rollback(siteOf(first), { ...asked, digest: second.digest.slice(0, 15) })
  assert.deepEqual([done.outcome, done.release.model.version, done.from.release.model.version], ['promoted', 1, 2])
  assert.deepEqual(aliases, ['production=1'])
  const [entry] = await history(root, 'production')
  assert.deepEqual([entry?.kind, entry?.reverts], ['revert', second.releaseCommit])
  const message = await git(root, ['log', '-1', '--format=%B', entry?.commit ?? ''])
  assert.match(message, /^Why: Ada Example took it back: customers call$/m)
  const file = await readRelease(root, 'production')
  assert.deepEqual([file.release?.model.version, file.held[0]?.model], [1, second.digest])
  const [production] = await status(root)
  assert.deepEqual(
    production?.members.map(({ arm, ready, digest }) => [arm, ready, digest]),
    [['stable', true, file.release?.model.digest]],
  )
  assert.equal((await project.processes()).length, 2)
  await assert.rejects(rollback(siteOf(first), { ...asked, digest: second.digest }), /runs .* v1 .*nothing was changed/)
  await assert.rejects(rollback(siteOf(first), asked), /promoted nothing else before/)
  await assert.rejects(deploy(project.options(await project.model(2), commit)), RefusedError)
  assert.equal(traffic.seen.failed, 0)
  assert.ok(traffic.seen.requests > 0)
})

test('what ran before does not run any more: all stays as it is', async () => {
  await using project = await makeProject({ origin: false, canary: steps })
  const { root } = project
  const commit = await project.commit()
  const golden = await project.model(1)
  await deploy(project.options(golden, commit))
  const second = project.options(await project.model(2), commit)
  await deploy(second)
  // The bundle of the first is lost, and nobody has it.
  await rename(join(stateDir(root, 'production'), 'bundles'), join(stateDir(root, 'production'), 'lost'))
  const site = { ...siteOf(second), bundle: async () => Promise.reject(new Error('no bundle')) }
  await assert.rejects(
    rollback(site, asked),
    /^RefusedError: .* v1 .* cannot be brought back \(no bundle\); .* v2 .* stays, nothing was recorded: bring that back, or/,
  )
  assert.equal((await promotedRelease(root, 'production'))?.model.version, 2)
  assert.equal((await history(root, 'production')).filter(({ kind }) => kind === 'revert').length, 0)
})

test('killed at any of its journal’s writes and run again, or followed by a deploy, it ends the same; Git unreachable meanwhile', async () => {
  for (const kill of ['after the start', 'after the switch', 'after the switch, and only read']) {
    await using project = await makeProject({ canary: steps })
    const { root, dir } = project
    const commit = await project.commit()
    await deploy(project.options(await project.model(1), commit))
    const second = project.options(await project.model(2), commit)
    const { releaseCommit } = await deploy(second)
    const killed = new Error('killed')
    const said = kill === 'after the start' ? /is ready and predicts its golden records/ : /production runs .* v1/
    const log = (line: string) => {
      if (said.test(line)) throw killed
    }
    await rename(join(dir, 'origin.git'), join(dir, 'away.git'))
    await assert.rejects(rollback({ ...siteOf(second), log }, asked), killed)
    await rename(join(dir, 'away.git'), join(dir, 'origin.git'))
    if (kill !== 'after the switch, and only read') {
      const done = await rollback(siteOf(second), asked)
      assert.deepEqual([done.outcome, done.from.release.model.version], ['promoted', 2])
    } else await status(root)
    const reverts = (await history(root, 'production')).filter(({ kind }) => kind === 'revert')
    assert.deepEqual(
      reverts.map((entry) => entry.reverts),
      [releaseCommit],
    )
    assert.equal((await promotedRelease(root, 'production'))?.model.version, 1)
    const { stable, rollout, canary } = await readJournal(stateDir(root, 'production'))
    assert.deepEqual([stable?.release.model.version, rollout, canary], [1, null, null])
    assert.equal((await openJournal(stateDir(root, 'production'))).now.pendingReverts.length, 0)
  }
})
