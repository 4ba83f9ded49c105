import assert from 'node:assert/strict'
import { test } from 'node:test'
import { git } from '../github/git/command.ts'
import { deliver, deliverOne } from './deliver.ts'
import { dispatchEvent, scheduleEvent } from './event.ts'
import { runWorkflow } from './run.ts'
import { checkout, smallWorld } from './small.ts'

/** Says what it was started for, and what is checked out. */
const say = (on: string) => `name: any
on: ${on}
permissions: {}
jobs:
  job:
    runs-on: ubuntu-24.04
    permissions: { contents: read }
    steps:
      - ${checkout}
      - env: { INPUT: '\${{ inputs.name }}', BASE: '\${{ github.base_ref }}', ACTION: '\${{ github.event.action }}' }
        run: |
          echo "$GITHUB_EVENT_NAME $GITHUB_REF $GITHUB_REF_TYPE $GITHUB_ACTOR $INPUT$BASE $ACTION|$(git rev-parse HEAD) $GITHUB_SHA|$(git branch --show-current)|$(git tag)|$(git branch -r | grep -c .)"
`
const files = {
  '.github/workflows/tag.yml': say(`{ push: { tags: ['v*'] } }`),
  '.github/workflows/main.yml': say('{ push: { branches: [main] } }'),
  '.github/workflows/pull.yml': say('[pull_request, merge_group]'),
  '.github/workflows/hand.yml': say(
    `{ schedule: [{ cron: '0 * * * *' }], workflow_dispatch: { inputs: { name: { type: string } } } }`,
  ),
}

const line = (run: Awaited<ReturnType<typeof runWorkflow>> | undefined) => {
  const [, said = '', head = '', sha, ...rest] =
    /^(.*)\|([0-9a-f]{40}) ([0-9a-f]{40})\|(.*)$/m.exec(run?.jobs['job']?.log ?? '') ?? []
  assert.equal(head, sha, run?.jobs['job']?.log)
  return [run?.workflow, said.trim(), ...rest, sha]
}

test('each event starts its workflows, with the names and the tree that it is about', async () => {
  await using world = await smallWorld('jobs: { job: { runs-on: ubuntu-24.04, steps: [{ run: exit 1 }] } }', { files })
  const { github, user } = world
  const except = ['small.yml']
  const first = await user.git('rev-parse', 'HEAD')
  await user.git('switch', '--quiet', '-c', 'change')
  await user.git('commit', '--quiet', '--allow-empty', '-m', 'Change')
  await user.git('push', '--quiet', 'origin', 'change')
  const { number, trialSha } = await github.openPull({ branch: 'change', title: 'Change' })
  assert.deepEqual((await deliver(world, { except })).map(line), [
    ['pull.yml', `pull_request refs/pull/${number}/merge branch ada main opened`, '||3', trialSha],
  ])

  const group = await github.mergeGroup([number])
  assert.deepEqual((await deliver(world, { except })).map(line), [
    [
      'pull.yml',
      `merge_group ${group.ref} branch github-merge-queue[bot]  checks_requested`,
      `${group.ref.slice(11)}||3`,
      group.sha,
    ],
  ])
  assert.deepEqual(github.state.runs.at(-1)?.headBranch, group.ref.slice(11))
  await github.landGroup(group.sha)
  assert.deepEqual((await deliver(world, { except })).map(line), [
    ['main.yml', 'push refs/heads/main branch github-merge-queue[bot]', 'main||2', group.sha],
  ])

  await user.git('tag', '-a', 'v1', '-m', 'annotated', first)
  await user.git('push', '--quiet', 'origin', 'v1')
  assert.deepEqual((await deliver(world, { except })).map(line), [
    ['tag.yml', 'push refs/tags/v1 tag ada', '|v1|2', first],
  ])

  const timer = await runWorkflow(world, { workflow: 'hand.yml', event: await scheduleEvent(world, '0 * * * *') })
  assert.deepEqual(line(timer), ['hand.yml', 'schedule refs/heads/main branch grace', 'main|v1|2', group.sha])
  const [hand] = await deliverOne(world, await dispatchEvent(world, { name: 'x' }), { except })
  assert.deepEqual(line(hand), ['hand.yml', 'workflow_dispatch refs/heads/main branch grace x', 'main|v1|2', group.sha])
  await assert.rejects(
    runWorkflow(world, { workflow: 'tag.yml', event: await dispatchEvent(world) }),
    /tag\.yml is not started by workflow_dispatch/,
  )
})

test('a checkout is of the commit of its event, wherever main is by now', async () => {
  await using world = await smallWorld('jobs: { job: { runs-on: ubuntu-24.04, steps: [{ run: exit 1 }] } }', { files })
  const { user, github } = world
  for (const message of ['one', 'two']) {
    await user.git('commit', '--quiet', '--allow-empty', '-m', message)
    await user.git('push', '--quiet', 'origin', 'main')
  }
  const runs = await deliver(world, { only: ['main.yml'] })
  const [one, two] = (await git(github.origin, ['log', '-2', '--format=%H', 'main'])).split('\n').reverse()
  assert.deepEqual(
    runs.map((run) => line(run).at(-1)),
    [one, two],
  )
})
