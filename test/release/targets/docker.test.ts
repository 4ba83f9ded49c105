import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { InputError } from '../../../pipeline/errors.ts'
import { containersHere } from '../../../pipeline/release/targets/docker.ts'
import { dockerLauncher } from '../../../pipeline/release/targets/docker-launcher.ts'

const image = `registry.example/sales@sha256:${'a'.repeat(64)}`
const digest = `sha256:${'b'.repeat(64)}`
const release = {
  model: { name: 'sales', digest, fingerprint: digest },
  image,
  commit: 'c'.repeat(40),
  rehearsal: false,
}
const member = { id: '0a1b2c3d', port: 4321, release, releaseCommit: 'd'.repeat(40) }

/** A program called docker, first in the PATH, that writes down what it is asked, and answers as `answers` says by its first word. */
async function standIn(answers: { readonly [verb: string]: string }) {
  const dir = await mkdtemp(join(tmpdir(), 'mergeline-docker-'))
  const cases = Object.entries(answers).map(([verb, script]) => `${verb}) ${script} ;;`)
  const asked = join(dir, 'asked')
  await writeFile(
    join(dir, 'docker'),
    `#!/bin/sh\nprintf '%s\\n' "$DOCKER_HOST $*" >> '${asked}'\ncase "$1" in ${cases.join(' ')} esac\n`,
  )
  await chmod(join(dir, 'docker'), 0o755)
  const before = { PATH: process.env['PATH'], DOCKER_HOST: process.env['DOCKER_HOST'] }
  Object.assign(process.env, { PATH: `${dir}${delimiter}${before.PATH}`, DOCKER_HOST: 'tcp://127.0.0.1:1' })
  return {
    state: dir,
    asked: async () => (await readFile(asked, 'utf8').catch(() => '')).trim().split('\n'),
    async [Symbol.asyncDispose]() {
      for (const [name, value] of Object.entries(before))
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      await rm(dir, { recursive: true, force: true })
    },
  }
}

const launcherIn = (state: string) =>
  dockerLauncher(
    { state, name: 'production', code: async () => '', stored: async () => '' },
    { launcher: 'docker', port: 8080, timeout_ms: 2000, memory_mb: 512, cpus: 0.5 },
  )

test('a server is a container of the released image, by digest: no rights, nothing to write on, limits, restarted, for the loopback address alone', async () => {
  await using docker = await standIn({ image: 'exit 1' })
  const launcher = launcherIn(docker.state)
  await launcher.prepare(release)
  await launcher.launch(member)
  const [looked, pulled, , run = ''] = await docker.asked()
  assert.equal(looked, `tcp://127.0.0.1:1 image inspect --format {{.Id}} ${image}`)
  assert.equal(pulled, `tcp://127.0.0.1:1 pull --quiet ${image}`)
  assert.match(run, /^tcp:\/\/127\.0\.0\.1:1 run --detach /)
  assert.ok(run.endsWith(` ${image}`))
  for (const part of [
    '--read-only',
    '--cap-drop ALL',
    '--security-opt no-new-privileges',
    '--memory 512m',
    '--cpus 0.5',
    '--pids-limit 256',
    '--restart unless-stopped',
    '--env MERGELINE_HOST=127.0.0.1',
    '--env MERGELINE_PORT=4321',
    `--env MERGELINE_IMAGE=${image}`,
    '--label dev.mergeline.member=0a1b2c3d',
    ':/run/secrets/mergeline-api-keys:ro',
  ])
    assert.ok(run.includes(part), `${part} is not in ${run}`)
  assert.doesNotMatch(run, /--user 0\b|--privileged|docker\.sock/)
})

test('an image that is here by its digest is not pulled; a release without one is refused before anything is recorded', async () => {
  await using docker = await standIn({})
  const launcher = launcherIn(docker.state)
  await launcher.prepare(release)
  assert.equal((await docker.asked()).length, 1)
  const { image: _, ...without } = release
  await assert.rejects(
    launcher.prepare(without),
    (error) => error instanceof InputError && /has no image, and host\.launcher is docker/.test(error.message),
  )
})

test("a container that is gone is gone; any other refusal is told in docker's own words", async () => {
  const said = (words: string) => `echo '${words}' >&2; exit 1`
  await using docker = await standIn({ ps: 'echo 1; echo 2', inspect: said('Error: No such object: 1') })
  const launcher = launcherIn(docker.state)
  assert.deepEqual(await launcher.pids(member.id), [])
  await using _down = await standIn({ ps: said('Cannot connect to the Docker daemon') })
  await assert.rejects(launcher.ids(), /^InputError: docker ps failed: Cannot connect to the Docker daemon$/)
})

test('what a server said last is told, on whichever stream it said it; where docker keeps no logs, that', async () => {
  const container = `{"Id":"1","State":{"Pid":0,"Running":false},"Config":{"Labels":{}}}`
  const ended = { ps: 'echo 1', inspect: `echo '[${container}]'` }
  await using docker = await standIn({ ...ended, logs: "echo listening; echo 'serve: no bundle' >&2; echo '' >&2" })
  assert.equal(await launcherIn(docker.state).lastWords(member), 'serve: no bundle')
  await using without = await standIn({ ...ended, logs: "echo 'driver does not support reading' >&2; exit 1" })
  assert.equal(await launcherIn(without.state).lastWords(member), 'docker logs failed: driver does not support reading')
})

test('an environment that never had a container needs no docker', async () => {
  await using docker = await standIn({ ps: 'exit 1' })
  assert.deepEqual(await containersHere(docker.state), [])
  assert.deepEqual(await docker.asked(), [''])
})
