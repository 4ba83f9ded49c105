// The same canary with real containers.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { exampleRecord } from '../../bench/bundle.ts'
import { deploy } from '../../pipeline/release/deploy.ts'
import { readJournal } from '../../pipeline/release/journal.ts'
import { status } from '../../pipeline/release/status.ts'
import { stop } from '../../pipeline/release/stop.ts'
import { apiKeyOf } from '../../pipeline/release/targets/api-key.ts'
import { containersOf, docker } from '../../pipeline/release/targets/docker.ts'
import { makeContainerProject, missingForContainers } from './container-project.ts'
import { clients } from './project.ts'

const skip = (await missingForContainers()) ?? false

test('servers as containers of the released image', { skip, timeout: 1_200_000 }, async (t) => {
  // Whoever deploys may let nobody else read his files: the server, who is somebody else, reads what it needs all the same.
  process.umask(0o077)
  const since = Date.now()
  const say = (line: string) => t.diagnostic(`${((Date.now() - since) / 1000).toFixed(1)} s: ${line}`)
  await using project = await makeContainerProject(say)
  const { root, state, port, podman } = project
  const serving = async () => {
    const [production] = await status(root)
    assert.equal((await containersOf(state)).length, production?.members.length)
    return production?.members.map(({ arm, ready, digest }) => [arm, ready, digest])
  }
  const first = await project.image(1)
  const started = await deploy(first.options)
  assert.equal(started.outcome, 'promoted', started.reason)
  assert.deepEqual(await serving(), [['stable', true, first.digest]])
  const { key } = await apiKeyOf(state)
  const ask = () => clients(port, 4, { key, record: exampleRecord })
  const second = await project.image(2)

  await t.test('a good canary is promoted, and no client sees a failure', async () => {
    await using traffic = ask()
    const { outcome, reason } = await deploy(second.options)
    assert.equal(outcome, 'promoted', reason)
    assert.deepEqual([traffic.seen.failed, [...traffic.seen.failures]], [0, []])
    assert.ok((traffic.seen.digests.get(second.digest) ?? 0) > 0)
    say(`${traffic.seen.requests} client requests, none failed`)
    assert.deepEqual(await serving(), [['stable', true, second.digest]])
  })

  await t.test('its container is of the image by digest, may do nothing but serve, and has its limits', async () => {
    const { stable } = await readJournal(state)
    const { image = '' } = stable?.release ?? {}
    assert.match(image, /^localhost\/sales@sha256:[0-9a-f]{64}$/)
    const [{ id = '', pid = 0 } = {}] = await containersOf(state)
    const [{ Image, HostConfig }] = JSON.parse(await docker('inspect', id))
    assert.equal(Image, await docker('image', 'inspect', '--format', '{{.Id}}', image))
    assert.partialDeepStrictEqual(HostConfig, {
      ReadonlyRootfs: true,
      Privileged: false,
      NetworkMode: 'host',
      RestartPolicy: { Name: 'unless-stopped' },
      Memory: 512 * 2 ** 20,
      NanoCpus: 0.75e9,
      PidsLimit: 256,
    })
    const held = 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || true'
    assert.equal(await podman('exec', id, 'sh', '-c', held), String(512 * 2 ** 20), 'the kernel knows its limit')
    const told = await readFile(`/proc/${pid}/status`, 'utf8')
    assert.match(told, /^Uid:(\t65532){4}$/m)
    for (const set of ['CapPrm', 'CapEff', 'CapBnd']) assert.match(told, new RegExp(`^${set}:\\t0{16}$`, 'm'))
    assert.match(told, /^NoNewPrivs:\t1$/m)
    // Podman lays memory over /tmp, where docker has the image's.
    for (const path of ['/x', '/app/x'])
      await assert.rejects(podman('exec', id, 'touch', path), /Read-only file system/, path)
  })

  await t.test('a server that ends as it starts says why', async () => {
    const { options } = await project.image(3, 9)
    const { outcome, reason } = await deploy(options)
    assert.equal(outcome, 'rolled back')
    assert.match(reason, /^the server ended before it was ready: serve: .*golden record 1 of 1 should be predicted as/)
    assert.deepEqual(await serving(), [['stable', true, second.digest]])
  })

  await t.test('a deploy killed in its trial and run again ends as Git says, with one container', async () => {
    const { bundle, options } = first
    const run = () => {
      const told = JSON.stringify({ ...options, bundle })
      return execa(process.execPath, [join(import.meta.dirname, 'deploy-process.ts'), told], { reject: false })
    }
    const killed = run()
    // Without clients the trial never ends.
    killed.stderr.on('data', (said) => String(said).includes('canary at') && killed.kill('SIGKILL'))
    assert.equal((await killed).signal, 'SIGKILL')
    assert.equal((await containersOf(state)).length, 2)
    await using traffic = ask()
    const again = await run()
    assert.equal(again.stdout && JSON.parse(again.stdout).outcome, 'promoted', again.stderr)
    const [production] = await status(root)
    assert.equal(production?.release?.model.digest, first.digest)
    assert.deepEqual(await serving(), [['stable', true, first.digest]])
    assert.deepEqual([traffic.seen.failed, [...traffic.seen.failures]], [0, []])
  })

  await t.test('a canary whose container dies is rolled back and put on hold; no client sees a failure', async () => {
    await using traffic = ask()
    const { options } = second
    let killed: Promise<unknown> | undefined
    const log = (line: string) => {
      say(line)
      if (line.startsWith('canary at')) killed ??= killCanary(state)
    }
    const { outcome, reason, held } = await deploy({ ...options, log })
    await killed
    assert.equal(outcome, 'rolled back')
    assert.match(reason, /^errors: /)
    assert.equal(held?.image, options.image)
    assert.deepEqual([traffic.seen.failed, [...traffic.seen.failures]], [0, []])
    say(`${traffic.seen.requests} client requests, none failed`)
    assert.deepEqual(await serving(), [['stable', true, first.digest]])
    await assert.rejects(deploy(options), /^RefusedError: .*hold/)
  })

  await t.test('a server that crashes is started again without anybody', async () => {
    const [before] = await containersOf(state)
    process.kill(before?.pid ?? 0, 'SIGKILL')
    for (const until = Date.now() + 120_000; ; await sleep(100)) {
      const [after] = await containersOf(state)
      assert.equal(after?.id, before?.id)
      const [[, ready] = []] = (await serving()) ?? []
      if (after?.pid !== before?.pid && ready) break
      assert.ok(Date.now() < until, 'it is not there again')
    }
  })

  await t.test('stop leaves no container', async () => {
    assert.equal(await stop(root, 'production'), 2)
    assert.deepEqual(await containersOf(state), [])
    assert.equal(await podman('ps', '--all', '--quiet'), '')
  })
})

/** For good: with its restart policy a container that ends by itself would be there again before the verdict. */
async function killCanary(state: string): Promise<void> {
  const { canary } = await readJournal(state)
  assert.ok(canary)
  for (const { id } of await containersOf(state, canary.id)) await docker('kill', id)
}
