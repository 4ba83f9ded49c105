import assert from 'node:assert/strict'
import { test } from 'node:test'
import { git } from '../../workflows/github/git/command.ts'
import type { RunOf } from '../../workflows/github/runs.ts'
import { pullRequest, scene, staging } from './scene.ts'

type Scene = Awaited<ReturnType<typeof scene>>

/** A pull request and its run; merged, main is checked out at its commit, and the staging run has begun. */
async function opened(github: Scene, base = 'main') {
  await git(github.root, ['switch', '--quiet', '-c', 'change'])
  const headSha = await github.commit('params.yaml', 'change\n')
  await github.push('origin', 'change')
  const { number } = await github.openPull({ branch: 'change', title: 'Change', base })
  const run: RunOf = { workflow: pullRequest, event: 'pull_request', headSha, headBranch: 'change' }
  return {
    headSha,
    number,
    run,
    async merged(method: 'squash' | 'rebase' | 'merge' = 'squash') {
      const sha = await github.merge(number, method)
      return { sha, run: await checkedOut(github, sha) }
    },
  }
}

async function checkedOut(github: Scene, sha: string) {
  await git(github.root, ['fetch', '--quiet', 'origin'])
  await git(github.root, ['checkout', '--quiet', sha])
  return github.startRun({ workflow: staging, event: 'push', headSha: sha, headBranch: 'main' })
}

const whyOf = (found: object) => (found as { why?: string }).why ?? JSON.stringify(found)

for (const method of ['squash', 'rebase', 'merge'] as const) {
  test(`merged by ${method}: the training of the pull request's own run is taken`, async () => {
    await using github = await scene({ private: true })
    const { run, merged } = await opened(github)
    const made = await github.recorded(run)
    const main = await merged(method)
    const found = await github.reuseIn({ run: main.run, trust: 'recorded' })
    assert.deepEqual(found, { source: `run ${made.id}`, vouched: true })
    assert.deepEqual(github.state.violations, [])
  })
}

test('the training of the merge group that became this commit is taken', async () => {
  await using github = await scene()
  const { run, merged } = await opened(github)
  const main = await merged()
  const group: RunOf = {
    workflow: pullRequest,
    event: 'merge_group',
    headSha: main.sha,
    headBranch: 'gh-readonly-queue/main/pr-1',
  }
  const made = await github.recorded(group)
  assert.deepEqual(await github.reuseIn({ run: main.run, trust: 'recorded' }), {
    source: `run ${made.id}`,
    vouched: true,
  })
  assert.ok(run)
})

test('a training that main made before is taken', async () => {
  await using github = await scene()
  const before = await git(github.root, ['rev-parse', 'HEAD'])
  const made = await github.recorded({ workflow: staging, event: 'push', headSha: before, headBranch: 'main' })
  const sha = await github.commit('README.md', 'two\n')
  await github.push('origin', 'main')
  const found = await github.reuseIn({ run: await checkedOut(github, sha), trust: 'recorded' })
  assert.deepEqual(found, { source: `run ${made.id}`, vouched: true })
})

test('a training of the same run is taken, while it has no conclusion yet', async () => {
  await using github = await scene()
  const sha = await git(github.root, ['rev-parse', 'HEAD'])
  const run = await github.recorded({
    workflow: staging,
    event: 'push',
    headSha: sha,
    headBranch: 'main',
    conclusion: 'none',
  })
  assert.deepEqual(await github.reuseIn({ run, trust: 'recorded' }), { source: 'this run', vouched: true })
})

test('where nothing has this fingerprint, main has moved', async () => {
  await using github = await scene()
  const { merged } = await opened(github)
  const main = await merged()
  assert.match(
    whyOf(await github.reuseIn({ run: main.run, trust: 'recorded' })),
    /^main moved, .*no run has this fingerprint$/,
  )
})

type Refused = {
  readonly run?: Partial<RunOf> & { readonly conclusion?: string }
  readonly told?: { readonly expired?: boolean; readonly digest?: string; readonly name?: string }
  readonly files?: (files: Map<string, Buffer>) => void
  readonly why: RegExp
}
const refused: { readonly [what: string]: Refused } = {
  "a fork's run": { run: { headRepository: 'mallory/ice-cream' }, why: /: a fork's model is never promoted$/ },
  'an expired artifact': { told: { expired: true }, why: /: the artifact expired$/ },
  'another workflow': {
    run: { workflow: '.github/workflows/ci.yml' },
    why: /: its workflow is \.github\/workflows\/ci\.yml, not one that main believes$/,
  },
  'another event': { run: { event: 'workflow_dispatch' }, why: /: the event was workflow_dispatch$/ },
  'a run of staging.yml that was no push to main': {
    run: { workflow: staging, event: 'workflow_dispatch' },
    why: /: the event was workflow_dispatch, not a push to main$/,
  },
  'a run of staging.yml on a branch': {
    run: { workflow: staging, event: 'push' },
    why: /: the event was push, not a push to main$/,
  },
  'a run that failed': { run: { conclusion: 'failure' }, why: /: the run ended with failure$/ },
  'a run that goes on': { run: { conclusion: 'none' }, why: /: the run ended with no conclusion \(in_progress\)$/ },
  'a commit that was not merged': {
    run: { headSha: 'a'.repeat(40) },
    why: /: its commit aaaaaaaaaaaa is gone$/,
  },
  'another branch that has the same commit': {
    run: { headBranch: 'other' },
    why: /: its branch is not that of #1, which was merged as this$/,
  },
  'another merge group': {
    run: { event: 'merge_group', headSha: 'b'.repeat(40) },
    why: /: its commit is not the one that was merged as this$/,
  },
  "a push to a tag called main, of a commit that is not main's": {
    run: { workflow: staging, event: 'push', headBranch: 'main', headSha: 'c'.repeat(40) },
    why: /: its commit is not part of main$/,
  },
  'an archive that is not the one that GitHub recorded': {
    told: { digest: `sha256:${'0'.repeat(64)}` },
    why: /its archive is sha256:\w+, and GitHub has recorded sha256:0+/,
  },
  'the name of another fingerprint': {
    told: { name: `training-${'e'.repeat(64)}` },
    why: /^main moved, or nobody trained it: no run has this fingerprint$/,
  },
  'a training.json that lies': {
    files: (files) => {
      const told = JSON.parse(files.get('training.json')?.toString() ?? '')
      files.set('training.json', Buffer.from(JSON.stringify({ ...told, digest: `sha256:${'d'.repeat(64)}` })))
    },
    why: /^what run \d+ has cannot be used: training\.json tells of sha256:d+, and the bundle is sha256:/,
  },
}

test('what GitHub does not show to be of this commit is not taken, and the reason says so', async (t) => {
  await using github = await scene()
  const { run, merged } = await opened(github)
  const main = await merged()
  for (const [what, { run: other = {}, told = {}, files, why }] of Object.entries(refused)) {
    await t.test(what, async () => {
      github.state.artifacts.length = 0
      await github.recorded({ ...run, ...other }, files, told)
      assert.match(whyOf(await github.reuseIn({ run: main.run, trust: 'recorded' })), why)
    })
  }
  github.state.artifacts.length = 0
  const made = await github.recorded(run)
  const found = await github.reuseIn({ run: main.run, trust: 'recorded' })
  assert.deepEqual(found, { source: `run ${made.id}`, vouched: true }, 'and with none of that wrong, it is')
  assert.deepEqual(github.state.violations, [])
})

/** A pull request's first push trained, and a second one changed a file before it was merged. */
async function trainedBefore(github: Scene, file: string) {
  await git(github.root, ['switch', '--quiet', '-c', 'change'])
  const headSha = await github.commit('params.yaml', 'first\n')
  const made = await github.recorded({ workflow: pullRequest, event: 'pull_request', headSha, headBranch: 'change' })
  await github.commit(file, 'second\n')
  await github.push('origin', 'change')
  const { number } = await github.openPull({ branch: 'change', title: 'Change' })
  const run = await checkedOut(github, await github.merge(number, 'squash'))
  return { made, found: await github.reuseIn({ run, trust: 'recorded' }) }
}

for (const file of ['params.yaml', '.github/workflows/pull-request.yml', 'pipeline/README.md', 'docs.md/x', '.npmrc'])
  test(`an earlier push of the merged pull request is not taken, when ${file} was changed since: it may have recorded anything`, async () => {
    await using github = await scene()
    const { found } = await trainedBefore(github, file)
    assert.match(whyOf(found), new RegExp(`: "${file}" was changed after its commit$`))
  })

for (const file of ['README.md', 'test/task/x.test.ts', 'environments/production/environment.yaml'])
  test(`an earlier push of the merged pull request is taken, when only ${file} was changed since`, async () => {
    await using github = await scene({ private: true })
    const { made, found } = await trainedBefore(github, file)
    assert.deepEqual(found, { source: `run ${made.id}`, vouched: true })
    assert.deepEqual(github.state.violations, [])
  })

test('without the permission to ask for pull requests, that is the reason, with its name', async () => {
  await using github = await scene({ private: true })
  const { run, merged } = await opened(github)
  await github.recorded(run)
  const main = await merged()
  const permissions = { contents: 'read', actions: 'read' } as const
  assert.match(
    whyOf(await github.reuseIn({ run: main.run, trust: 'recorded', permissions })),
    /which pull request became this commit \(403: .*give the job the permission pull-requests: read/,
  )
})

/** A branch beside main, whose code nobody reviewed. */
async function evil(github: Scene) {
  await git(github.root, ['switch', '--quiet', '-c', 'evil'])
  await github.commit('train.ts', 'evil\n')
  await github.push('origin', 'evil')
  await git(github.root, ['switch', '--quiet', 'main'])
}

test('a pull request whose base was changed is not believed: its run had the code of the base before', async () => {
  await using github = await scene({ private: true })
  await evil(github)
  const { run, number, merged } = await opened(github, 'evil')
  await github.recorded(run)
  await github.retarget(number, 'main')
  const main = await merged()
  assert.match(whyOf(await github.reuseIn({ run: main.run, trust: 'recorded' })), /: the base of #1 was changed$/)
  assert.deepEqual(github.state.violations, [])
})

test('nor is one whose branch asked to be merged elsewhere, too, by another pull request, now or before', async () => {
  await using github = await scene()
  await evil(github)
  const { run, merged } = await opened(github)
  const { number } = await github.openPull({ branch: 'change', title: 'Change', base: 'evil' })
  await github.recorded(run)
  const main = await merged()
  const found = async () => whyOf(await github.reuseIn({ run: main.run, trust: 'recorded' }))
  assert.match(await found(), /: #2 asked for the same branch onto another base than main$/)
  await github.retarget(number, 'main')
  assert.match(await found(), /: the base of #2 was changed$/)
})

test('where GitHub does not tell whether a base was changed, main trains', async () => {
  await using github = await scene()
  const { run, merged } = await opened(github)
  await github.recorded(run)
  const main = await merged()
  github.fail('GET /repos/{owner}/{repo}/issues/{issue_number}/events', { status: 404 })
  assert.match(
    whyOf(await github.reuseIn({ run: main.run, trust: 'recorded' })),
    /whether the base of #1 was changed \(404: .*give the job the permission pull-requests: read/,
  )
})

test('a tag called main on a commit inside a merged branch is not where main has been', async () => {
  await using github = await scene()
  await git(github.root, ['switch', '--quiet', '-c', 'change'])
  const inside = await github.commit('staging.yml', 'evil\n')
  await github.commit('staging.yml', 'good\n')
  await github.push('origin', 'change')
  const { number } = await github.openPull({ branch: 'change', title: 'Change' })
  const run = await checkedOut(github, await github.merge(number, 'merge'))
  await github.recorded({ workflow: staging, event: 'push', headSha: inside, headBranch: 'main' })
  assert.match(whyOf(await github.reuseIn({ run, trust: 'recorded' })), /: its commit is not part of main$/)
})
