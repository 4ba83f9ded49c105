import assert from 'node:assert/strict'
import { rename, rm, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { InputError, RefusedError } from '../../pipeline/errors.ts'
import { deploy } from '../../pipeline/release/deploy.ts'
import { git } from '../../pipeline/release/git.ts'
import { history } from '../../pipeline/release/history.ts'
import { lift } from '../../pipeline/release/lift.ts'
import { status } from '../../pipeline/release/status.ts'
import { stop } from '../../pipeline/release/stop.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { clients, makeProject } from './project.ts'

test('a first release, a good one promoted, a bad one rolled back and held: no client sees a failure', async () => {
  await using project = await makeProject()
  const { root, ports, processes } = project
  const commit = await project.commit()
  const aliases: string[] = []
  const registry = { setAlias: async (alias: string, version: number) => void aliases.push(`${alias}=${version}`) }

  const first = await deploy(project.options(await project.model(1), commit, { registry }))
  assert.equal(first.outcome, 'promoted')
  assert.deepEqual(aliases.splice(0), ['production=1'])
  await using traffic = clients(ports.production)

  const second = await deploy(project.options(await project.model(2), commit, { registry }))
  assert.deepEqual([second.outcome, second.verdict?.step], ['promoted', 2])
  assert.deepEqual(aliases.splice(0), ['production=2', 'previous=1'])

  const bad = await project.model(3, { errors: 0.5 })
  const third = await deploy(project.options(bad, commit, { registry }))
  assert.equal(third.outcome, 'rolled back')
  assert.match(third.reason, /^errors: /)
  assert.ok(third.canaryRequests < 100)
  assert.equal(third.held?.model, bad.digest)
  assert.deepEqual(aliases, [])

  const entries = await history(root, 'production')
  assert.deepEqual(
    entries.map(({ kind }) => kind),
    ['revert', 'release', 'promote', 'release', 'promote', 'release'],
  )
  assert.equal(entries[0]?.commit, third.revertCommit)
  assert.equal(entries[0]?.reverts, third.releaseCommit)
  const message = await git(root, ['log', '-1', '--format=%B', third.revertCommit ?? ''])
  assert.match(message, /^production: roll back to ice-cream-sales v2 .*\n\nWithdrawn: ice-cream-sales v3/)
  assert.match(
    message,
    /Evidence: \d+ requests to the canary.*\n {2}errors +E = \S+ at α 0.33 %: canary \d+, stable 0\n/,
  )

  await assert.rejects(
    deploy(project.options(bad, commit)),
    (error) => error instanceof RefusedError && /on hold since .*errors: /.test(error.message),
  )
  const production = (await status(root)).find(({ environment }) => environment === 'production')
  assert.equal(production?.release?.model.version, 2)
  assert.deepEqual(
    production?.members.map(({ arm, ready, digest }) => [arm, ready, digest]),
    [['stable', true, second.digest]],
  )
  assert.equal((await processes()).length, 2)

  await lift(root, 'production', { digest: bad.digest, by: 'Ada', why: 'to see it again' })
  assert.equal((await deploy(project.options(bad, commit))).outcome, 'rolled back')
  assert.equal((await deploy(project.options(await project.model(2), commit))).outcome, 'unchanged')
  assert.deepEqual([traffic.seen.failed, [...traffic.seen.failures]], [0, []])
  assert.ok(traffic.seen.requests > 200)
  await stop(root, 'production')
  assert.deepEqual(await processes(), [])
})

for (const [what, behaviour, reason] of [
  [
    'predicts otherwise than it was trained to',
    { golden: 7 },
    /^smoke test: golden record 1: predicted 7, the bundle says 1/,
  ],
  ['cannot be started', { dies: true }, /^the server ended before it was ready: .*cannot be loaded/],
] as const)
  test(`a release that ${what} never meets a client, and is taken back`, async () => {
    await using project = await makeProject({ origin: false })
    const commit = await project.commit()
    await deploy(project.options(await project.model(1), commit))
    const bad = await deploy(project.options(await project.model(2, behaviour), commit))
    assert.deepEqual([bad.outcome, bad.canaryRequests], ['rolled back', 0])
    assert.match(bad.reason, reason)
    assert.equal((await history(project.root, 'production'))[0]?.kind, 'revert')
    assert.equal((await project.processes()).length, 2)
  })

test('slow and shifted canaries are rolled back; one that only is another model is promoted', async () => {
  await using project = await makeProject({ origin: false })
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  await using traffic = clients(project.ports.production)
  for (const [version, behaviour, expected] of [
    [2, { slowMs: 300 }, /slower than 250 ms/],
    [3, { shift: 3 }, /predictions shifted/],
  ] as const) {
    const { outcome, reason } = await deploy(project.options(await project.model(version, behaviour), commit))
    assert.equal(outcome, 'rolled back')
    assert.match(reason, expected)
  }
  assert.equal((await deploy(project.options(await project.model(4), commit))).outcome, 'promoted')
  assert.equal(traffic.seen.failed, 0)
})

test('without traffic the deadline decides: held, then carried on by the next deploy with the evidence it has', async () => {
  await using project = await makeProject({ origin: false, canary: { deadline_minutes: 0.01, at_deadline: 'hold' } })
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  const options = project.options(await project.model(2), commit)
  const held = await deploy(options)
  assert.deepEqual(
    [held.outcome, held.reason],
    ['held', 'the deadline passed without the evidence to promote: no traffic in this step'],
  )
  const [production] = await status(project.root)
  assert.deepEqual([production?.weight, production?.rollout?.phase, production?.members.length], [0, 'trial', 2])
  const again = await deploy(options)
  assert.deepEqual([again.outcome, again.releaseCommit], ['held', held.releaseCommit])
  assert.deepEqual(
    (await history(project.root, 'production')).map(({ kind }) => kind),
    ['release', 'promote', 'release'],
  )
})

test('a release that is held and then overtaken by another is recorded as superseded, also on one machine', async () => {
  await using project = await makeProject({ origin: false, canary: { deadline_minutes: 0.01, at_deadline: 'hold' } })
  const { root } = project
  const commit = await project.commit()
  const first = await deploy(project.options(await project.model(1), commit))
  const held = await deploy(project.options(await project.model(2), commit))
  const next = await deploy(project.options(await project.model(3), commit))
  const [newest] = await history(root, 'production')
  assert.deepEqual([newest?.commit, newest?.supersedes], [next.releaseCommit, [held.releaseCommit]])
  // Back to what serves: nothing is rolled out, and the trial is over.
  const back = await deploy(project.options(await project.model(1), commit))
  const [promoted, released] = await history(root, 'production')
  assert.deepEqual([back.outcome, released?.supersedes], ['unchanged', [next.releaseCommit]])
  assert.equal(promoted?.promotes, back.releaseCommit)
  const [production] = await status(root)
  assert.deepEqual([production?.members.length, production?.open, production?.rollout], [1, null, null])
  assert.equal(production?.release?.model.digest, first.digest)
})

test('where the deadline says roll back, the release is withdrawn and free to be tried again: too little traffic is no verdict', async () => {
  const canary = { deadline_minutes: 0.01, at_deadline: 'roll back' }
  await using project = await makeProject({ origin: false, canary })
  const { root } = project
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  const options = project.options(await project.model(2), commit)
  for (let i = 0; i < 2; i++) {
    const { outcome, reason, held, revertCommit = '' } = await deploy(options)
    assert.deepEqual([outcome, held], ['rolled back', undefined])
    assert.equal(reason, 'the deadline passed without the evidence to promote: no traffic in this step')
    const message = await git(root, ['log', '-1', '--format=%B', revertCommit])
    assert.match(message, /^Withdrawn: ice-cream-sales v2 .*, not on hold$/m)
    assert.match(message, /Σ α·E = 0\.01 of 1: no verdict against it/)
    assert.doesNotMatch(message, /no worse/)
    assert.deepEqual((await status(root))[0]?.held, [])
  }
})

test('events that cannot be written hold the canary with that reason, however well it answers', async () => {
  await using project = await makeProject({ origin: false, canary: { deadline_minutes: 0.03, at_deadline: 'hold' } })
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  const events = join(stateDir(project.root, 'production'), 'events')
  await symlink(join(project.dir, 'not', 'there'), events)
  await using traffic = clients(project.ports.production)
  const options = project.options(await project.model(2), commit)
  const held = await deploy(options)
  assert.equal(held.outcome, 'held')
  assert.match(
    held.reason,
    /^the deadline passed .*: the gateway cannot write events \(events\/\w+\.jsonl cannot be opened: /,
  )
  await rm(events)
  let again = await deploy(options)
  // On a slow machine the deadline may pass once more; each goes on with the evidence of those before.
  while (again.outcome === 'held' && !again.reason.includes('cannot write')) again = await deploy(options)
  assert.deepEqual([again.outcome, again.releaseCommit, traffic.seen.failed], ['promoted', held.releaseCommit, 0])
})

test('a gateway that dies during the trial is started again, and the rollout goes on to its end', async () => {
  await using project = await makeProject({ origin: false, canary: { min_requests: 500 } })
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  await using _traffic = clients(project.ports.production)
  const kill = async (which: (id: string) => boolean) => {
    for (const { pid, id } of await project.processes()) if (which(id)) process.kill(pid, 'SIGKILL')
  }
  let lines = 0
  const options = project.options(await project.model(2), commit, {
    log: (line) => {
      if (!line.startsWith('canary at')) return
      lines += 1
      if (lines === 2) void kill((id) => id === 'gateway')
    },
  })
  const { outcome, reason } = await deploy(options)
  assert.equal(outcome, 'promoted', reason)
  assert.ok(lines >= 3)
  assert.equal((await project.processes()).length, 2)
})

test('interrupted, the canary gets no more requests; the next deploy carries on', async () => {
  await using project = await makeProject({ origin: false })
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  const stopping = new AbortController()
  const options = project.options(await project.model(2), commit, {
    signal: stopping.signal,
    log: (line) => void (line.includes('waiting for traffic') && stopping.abort()),
  })
  const held = await deploy(options)
  assert.deepEqual([held.outcome, held.reason], ['held', 'interrupted; no traffic in this step'])
  assert.equal((await status(project.root))[0]?.weight, 0)
  await using _traffic = clients(project.ports.production)
  const { signal: _, ...again } = options
  const { outcome, releaseCommit } = await deploy(again)
  assert.deepEqual([outcome, releaseCommit], ['promoted', held.releaseCommit])
})

test('staging: the golden records, then the switch; production takes what staging recorded for the commit', async () => {
  await using project = await makeProject()
  const { root } = project
  const first = await project.commit()
  const staging = { environment: 'staging' }
  const released = await deploy(project.options(await project.model(1), first, staging))
  assert.equal(released.outcome, 'promoted')
  const second = await project.change('another server')
  assert.equal((await deploy(project.options(await project.model(2), second, staging))).outcome, 'promoted')
  const { model: _, ...fromStaging } = project.options(await project.model(1), first)
  const production = await deploy({ ...fromStaging, commit: first })
  assert.equal(production.digest, released.digest)
  const third = await git(root, ['commit', '--quiet', '--allow-empty', '-m', 'x']).then(() => project.commit())
  await git(root, ['push', '--quiet', 'origin', 'main'])
  await assert.rejects(
    deploy({ ...fromStaging, commit: third }),
    (error) => error instanceof InputError && error.message.includes(`the newest one is of ${second.slice(0, 12)}`),
  )
  // Nothing that serves changed: recorded for the commit, and no server restarted.
  const before = await project.processes('staging')
  const same = await deploy(project.options(await project.model(2), third, staging))
  assert.equal(same.outcome, 'unchanged')
  assert.deepEqual(await project.processes('staging'), before)
  assert.deepEqual(
    (await history(root, 'staging')).map(({ kind }) => kind),
    Array(3).fill(['promote', 'release']).flat(),
  )
})

test('git out of reach: traffic is back at once, the revert is written by the next status, once', async () => {
  await using project = await makeProject()
  const { root, dir } = project
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  await using _traffic = clients(project.ports.production)
  const origin = join(dir, 'origin.git')
  let hidden = false
  const lines: string[] = []
  const bad = await deploy(
    project.options(await project.model(2, { errors: 1 }), commit, {
      log: (line) => {
        lines.push(line)
        if (!hidden && line.includes('predicts its golden records')) {
          hidden = true
          void rename(origin, `${origin}.away`)
        }
      },
    }),
  )
  assert.deepEqual([bad.outcome, bad.revertCommit], ['rolled back', undefined])
  assert.ok(lines.some((line) => line.includes('Git does not know it yet')))
  await rename(`${origin}.away`, origin)
  for (let i = 0; i < 2; i++) {
    const [production] = await status(root)
    assert.deepEqual(
      [production?.release?.model.version, production?.held.length, production?.pendingReverts],
      [1, 1, []],
    )
  }
  assert.equal((await history(root, 'production')).filter(({ kind }) => kind === 'revert').length, 1)
})

test('a port in use, and two deploys at once, are one clear error each; nothing is recorded', async () => {
  await using project = await makeProject({ origin: false })
  const commit = await project.commit()
  const options = project.options(await project.model(1), commit)
  const other = createServer().listen(project.ports.production, '127.0.0.1')
  await assert.rejects(
    deploy(options),
    (error) =>
      error instanceof InputError &&
      /port \d+ is in use .* environments\/production\/environment.yaml, host.port/.test(error.message),
  )
  other.close()
  assert.deepEqual(await history(project.root, 'production'), [])
  const [one, two] = await Promise.allSettled([deploy(options), deploy(options)])
  assert.deepEqual([one.status, two.status].sort(), ['fulfilled', 'rejected'])
  const lost = [one, two].find((result) => result.status === 'rejected')
  assert.match(String(lost?.reason), /process \d+ is changing it already/)
})

test('a deploy that is refused leaves what should serve serving, also where it was killed', async () => {
  await using project = await makeProject({ canary: { steps: [] } })
  const { root, ports } = project
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  const bad = await project.model(2, { golden: 7 })
  assert.equal((await deploy(project.options(bad, commit))).outcome, 'rolled back')
  for (const { pid } of await project.processes()) process.kill(pid, 'SIGKILL')
  await assert.rejects(deploy(project.options(bad, commit)), RefusedError)
  const [production] = await status(root)
  assert.deepEqual(
    production?.members.map(({ arm, ready, release }) => [arm, ready, release.model.version]),
    [['stable', true, 1]],
  )
  await using traffic = clients(ports.production, 1)
  while (traffic.seen.requests < 5) await sleep(20)
  assert.equal(traffic.seen.failed, 0)
})
