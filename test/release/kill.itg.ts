import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { random } from '../../pipeline/random.ts'
import { deploy } from '../../pipeline/release/deploy.ts'
import { git } from '../../pipeline/release/git.ts'
import { history } from '../../pipeline/release/history.ts'
import { readJournal } from '../../pipeline/release/journal.ts'
import { promotedRelease, readRelease } from '../../pipeline/release/record.ts'
import { status } from '../../pipeline/release/status.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { readMembers } from '../../pipeline/release/targets/gateway-client.ts'
import { clients, makeProject } from './project.ts'

const kills = 12

const deployProcess = (options: object) =>
  execa(process.execPath, [join(import.meta.dirname, 'deploy-process.ts'), JSON.stringify(options)], {
    reject: false,
    cleanup: true,
  })

test('killed between the record and the smoke test, staging has promoted nothing, and production takes nothing from it', async () => {
  await using project = await makeProject()
  const { root, dir } = project
  const commit = await project.commit()
  const model = await project.model(1, { golden: 7 })
  const staging = { root, environment: 'staging', commit, model, bundle: join(dir, 'bundle-1') }
  const killed = deployProcess(staging)
  killed.stderr.on('data', (said) => String(said).includes('starting') && killed.kill('SIGKILL'))
  assert.equal((await killed).signal, 'SIGKILL')
  assert.equal((await readRelease(root, 'staging')).release?.model.digest, model.digest)
  assert.equal(await promotedRelease(root, 'staging'), null)

  const { model: _, ...fromStaging } = project.options(model, commit)
  await assert.rejects(
    deploy(fromStaging),
    /staging promoted no release of commit \w+; its release was recorded, but never promoted: deploy it to staging again/,
  )
  assert.equal(JSON.parse((await deployProcess(staging)).stdout).outcome, 'rolled back')
  await assert.rejects(deploy(fromStaging), /staging promoted no release of commit \w+; deploy to staging first/)
})

test('killed in its trial, a deploy leaves a canary that gets no requests, until a deploy carries on', async () => {
  await using project = await makeProject({ canary: { min_requests: 100_000 } })
  const { root, dir, ports } = project
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  await using traffic = clients(ports.production, 1)
  const model = await project.model(2)
  const options = { root, environment: 'production', commit, model, bundle: join(dir, 'bundle-2') }
  const killed = deployProcess(options)
  killed.stderr.on('data', (said) => String(said).includes('canary requests') && killed.kill('SIGKILL'))
  assert.equal((await killed).signal, 'SIGKILL')
  const state = stateDir(root, 'production')
  assert.equal((await readMembers(state)).weight, 0.2)
  for (const until = Date.now() + 60_000; (await readMembers(state)).weight > 0; await sleep(100))
    assert.ok(Date.now() < until, 'the canary still gets requests')
  assert.equal((await project.processes()).length, 3)
  const again = deployProcess(options)
  again.stderr.on('data', (said) => String(said).includes('canary requests') && again.kill('SIGTERM'))
  await again
  assert.equal((await readMembers(state)).weight, 0.2)
  assert.equal(traffic.seen.failed, 0)
})

test(`deploy killed at ${kills} instants and run again ends in the state that Git names, with no process left over`, async (t) => {
  await using project = await makeProject({ canary: { min_requests: 80 } })
  const { root, dir, ports } = project
  const next = random(7)
  let commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  await using traffic = clients(ports.production, 3)

  for (let version = 2; version < 2 + kills; version++) {
    const bad = version % 3 === 0
    const model = await project.model(version, bad ? { errors: 0.7 } : {})
    if (version % 4 === 0) commit = await project.change(`change ${version}`)
    const options = {
      root,
      environment: 'production',
      commit,
      model,
      bundle: join(dir, `bundle-${version}`),
    }
    const run = () => deployProcess(options)
    const killed = run()
    // While something happens: a whole deploy takes two seconds here.
    const after = Math.round(100 + next() * 1700)
    await Promise.race([sleep(after), killed])
    killed.kill('SIGKILL')
    const first = await killed
    const again = await run()
    assert.equal(again.exitCode, 0, again.stderr)
    const { outcome } = JSON.parse(again.stdout)
    t.diagnostic(
      `v${version} killed after ${after} ms (${first.isTerminated ? 'killed' : 'was done'}), then: ${outcome}`,
    )
    assert.ok((bad ? ['rolled back', 'refused'] : ['promoted', 'unchanged']).includes(outcome), outcome)

    const [production] = await status(root)
    assert.deepEqual(
      production?.members.map(({ arm, ready, digest }) => [arm, ready, digest]),
      [['stable', true, production?.release?.model.digest]],
    )
    assert.equal(production?.release?.model.digest === model.digest, !bad)
    assert.deepEqual((await project.processes()).length, 2)
    assert.equal((await readJournal(stateDir(root, 'production'))).rollout, null)
    const entries = await history(root, 'production')
    const mine = entries.filter(({ subject }) => subject.includes(`v${version} `))
    const counted = mine.map(({ kind }) => kind).sort()
    assert.deepEqual(counted, bad ? ['release'] : ['promote', 'release'], `v${version}`)
    const [release] = mine.filter(({ kind }) => kind === 'release')
    assert.equal(entries.filter(({ reverts }) => reverts === release?.commit).length, bad ? 1 : 0)
    assert.deepEqual(await promotedRelease(root, 'production'), production?.release)
  }
  assert.equal(await git(root, ['status', '--porcelain']), '')
  assert.deepEqual([traffic.seen.failed, [...traffic.seen.failures]], [0, []])
  t.diagnostic(`${traffic.seen.requests} client requests, none failed`)
})
