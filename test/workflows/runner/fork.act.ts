import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { deliver } from './deliver.ts'
import { checkout, conclusions, smallWorld } from './small.ts'
import { cloneAs } from './world.ts'

const jobs = `
jobs:
  job:
    runs-on: ubuntu-24.04
    permissions: { contents: write, id-token: write, actions: read }
    steps:
      - ${checkout}
      - env: { SECRET: '\${{ secrets.SECRET }}', VARIABLE: '\${{ vars.VARIABLE }}' }
        run: |
          env
          git log -1 --format=%s
          cat file || true
      - id: push
        env: { TOKEN: '\${{ github.token }}' }
        run: |
          git -c "http.extraheader=AUTHORIZATION: basic $(printf 'x-access-token:%s' "$TOKEN" | base64 -w0)" push --quiet origin HEAD:refs/heads/mine-$GITHUB_RUN_ID
`

/** Posts by main's own code what the other run was about. */
const after = `name: after
on: { workflow_run: { workflows: [small], types: [completed] } }
permissions: {}
jobs:
  job:
    runs-on: ubuntu-24.04
    permissions: { contents: write }
    steps:
      - ${checkout}
      - env:
          SECRET: \${{ secrets.SECRET }}
          ABOUT: \${{ github.event.workflow_run.head_repository.full_name }} \${{ github.event.workflow_run.head_branch }} \${{ github.event.workflow_run.conclusion }}
        run: echo "$ABOUT $GITHUB_REF \${#SECRET} \${{ toJSON(github.event.workflow_run.pull_requests) }}"; test ! -e file
`

const options = {
  secrets: { SECRET: 'very secret value' },
  variables: { VARIABLE: 'a variable' },
  files: { '.github/workflows/after.yml': after },
}

test("a fork's pull request runs with no secret and no variable, and with a token that reads", async () => {
  await using world = await smallWorld(jobs, options)
  await world.github.fork('mallory')
  const fork = await cloneAs(world.home, 'mallory', world.github.serverUrl, 'mallory/ice-cream')
  await fork.git('switch', '--quiet', '-c', 'change')
  await writeFile(join(fork.root, 'file'), 'of the fork\n')
  await fork.git('add', '--all')
  await fork.git('commit', '--quiet', '-m', 'Change')
  await fork.git('push', '--quiet', 'origin', 'change')
  const pull = await world.github.openPull({ owner: 'mallory', branch: 'change', title: 'Mine' })

  const [run, posted] = await deliver(world)
  assert.ok(run && posted)
  const { job } = run.jobs
  assert.deepEqual(
    job?.steps.map(({ conclusion }) => conclusion),
    ['success', 'success', 'failure'],
  )
  assert.match(job?.log ?? '', /^SECRET=$/m)
  assert.match(job?.log ?? '', /^VARIABLE=$/m)
  assert.match(job?.log ?? '', new RegExp(`^Merge ${pull.headSha} into `, 'm'))
  assert.match(job?.log ?? '', /^of the fork$/m)
  assert.match(job?.log ?? '', /^GITHUB_HEAD_REF=change$/m)
  assert.match(job?.log ?? '', /^GITHUB_REF=refs\/pull\/1\/merge$/m)
  assert.doesNotMatch(job?.log ?? '', /ACTIONS_ID_TOKEN|ACTIONS_RUNTIME_TOKEN|very secret|a variable/)
  assert.deepEqual(job?.leaks, [])
  const [first] = world.github.state.runs
  assert.deepEqual(
    [first?.event, first?.headSha, first?.headRepository],
    ['pull_request', pull.headSha, 'mallory/ice-cream'],
  )

  assert.equal(posted.workflow, 'after.yml')
  assert.match(posted.jobs['job']?.log ?? '', /^mallory\/ice-cream change failure refs\/heads\/main 17 \[\]$/m)
})

test('a push to the repository and a pull request within it run with secrets; what a job pushes starts nothing', async () => {
  await using world = await smallWorld(jobs, options)
  const { git } = world.user
  await git('switch', '--quiet', '-c', 'change')
  await git('commit', '--quiet', '--allow-empty', '-m', 'Change')
  await git('push', '--quiet', 'origin', 'change')
  await world.github.openPull({ branch: 'change', title: 'Ours' })
  const runs = await deliver(world, { only: ['small.yml'] })
  assert.deepEqual(
    runs.map(({ event, jobs }) => [event.name, ...Object.values(conclusions({ jobs }))]),
    [
      ['push', 'success'],
      ['pull_request', 'success'],
    ],
  )
  for (const { jobs } of runs) assert.match(jobs['job']?.log ?? '', /^SECRET=\*\*\*$/m)
  assert.deepEqual(await deliver(world), [])
})

test('names of branches and tags are text, also where they read like an expression or a program', async () => {
  const echo = `
jobs:
  job:
    runs-on: ubuntu-24.04
    concurrency: { group: 'g-\${{ github.ref }}' }
    steps:
      - env: { REF: '\${{ github.ref_name }}' }
        run: printf '%s\\n' "$REF" "$GITHUB_REF_NAME" "$GITHUB_REF"
`
  await using world = await smallWorld(echo)
  const names = [`a\${{github.token}}b`, `a\${{'b`, 'a$(id)b', "a'b`id`"]
  for (const name of names) {
    await world.user.git('push', '--quiet', 'origin', `HEAD:refs/heads/${name}`)
    const [run] = await deliver(world)
    assert.equal(run?.jobs['job']?.log.split('\n').slice(1).join('\n'), `${name}\n${name}\nrefs/heads/${name}\n`)
    assert.deepEqual(run.jobs['job']?.leaks, [])
  }
})
