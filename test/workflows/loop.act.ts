import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fahrenheit } from '../../pipeline/demo/changes.ts'
import type { Release } from './github/state.ts'
import { createProject, ends, failures, land, ledger, propose, type Runs, release } from './project.ts'
import { small } from './trainings.ts'

const larger = [
  { file: 'params.yaml', from: 'hidden: [6]', to: 'hidden: [24]' },
  { file: 'params.yaml', from: /\n {2}epochs: \d+/, to: '\n  epochs: 30' },
]
const celsius = fahrenheit.map(({ file, from, to }) => ({ file, from: to, to: String(from) }))

const output = (runs: Runs, workflow: string, job: string, name: string) => runs[workflow]?.jobs[job]?.outputs[name]
const log = (runs: Runs, workflow: string, job: string) => runs[workflow]?.jobs[job]?.log ?? ''
const digests = (text: string) => [...new Set(text.match(/sha256:[0-9a-f]{12}/g))]

test('pull request, merge, tag: one digest throughout, 0 epochs after the merge; the wrong release is taken back, and its cure goes through', async (t) => {
  await using world = await createProject()
  const { state } = world.github

  // Others have talked before, and some of them in our name.
  for (let id = 1; id <= 60; id++) state.issueComments.push(commentOf(id))
  const first = await propose(world, { branch: 'small', title: 'A first, small model', changes: small })
  assert.deepEqual(ends(first.runs), ['pull-request.yml: success', 'report.yml: success'], failures(first.runs))
  const ours = state.issueComments.filter(({ author }) => author === 'github-actions[bot]')
  assert.deepEqual([ours.length, state.issueComments.length], [1, 61])
  const landed = await land(world, first.pull)
  assert.deepEqual(ends(landed.runs), ['staging.yml: success'], failures(landed.runs))
  const began = await release(world, 'v0.1.0')
  assert.deepEqual(ends(began), ['production.yml: success'], failures(began))

  const better = await propose(world, { branch: 'larger', title: 'A larger network', changes: larger })
  assert.deepEqual(ends(better.runs), ['pull-request.yml: success', 'report.yml: success'], failures(better.runs))
  const reviewed = /train: (sha256:[0-9a-f]{12}), 30 epochs/.exec(log(better.runs, 'pull-request.yml', 'model'))?.[1]
  assert.ok(reviewed)
  const comments = state.issueComments.filter(({ issue }) => issue === better.pull.number)
  assert.equal(comments.length, 1)
  assert.match(comments[0]?.body ?? '', new RegExp(`Gate passed.*${reviewed}.*Trained for 30 epochs`, 's'))

  const merged = await land(world, better.pull)
  assert.deepEqual(ends(merged.runs), ['staging.yml: success'], failures(merged.runs))
  assert.match(output(merged.runs, 'staging.yml', 'model', 'digest') ?? '', new RegExp(`^${reviewed}`))
  for (const job of ['model', 'deploy'])
    assert.match(log(merged.runs, 'staging.yml', job), new RegExp(`train: ${reviewed}, reused from .*: 0 epochs`), job)

  const tagged = await release(world, 'v0.2.0')
  assert.deepEqual(ends(tagged), ['production.yml: success'], failures(tagged))
  assert.match(log(tagged, 'production.yml', 'deploy'), /promote: every step passed/)
  assert.ok(digests(log(tagged, 'production.yml', 'deploy')).includes(reviewed))
  assert.doesNotMatch(log(tagged, 'production.yml', 'deploy'), /epochs/)

  const wrong = await propose(world, { branch: 'fahrenheit', title: 'Read the weather in °F', changes: fahrenheit })
  assert.deepEqual(ends(wrong.runs), ['pull-request.yml: success', 'report.yml: success'], failures(wrong.runs))
  const staged = await land(world, wrong.pull, 'rebase')
  assert.deepEqual(ends(staged.runs), ['staging.yml: success'], failures(staged.runs))
  const taken = await release(world, 'v0.3.0')
  assert.deepEqual(ends(taken), ['production.yml: failure'])
  const { deploy, plan, approve } = taken['production.yml']?.jobs ?? {}
  assert.deepEqual([plan?.conclusion, approve?.conclusion, deploy?.conclusion], ['success', 'success', 'failure'])
  assert.match(deploy?.summary ?? '', /predictions shifted.*α/s)
  assert.match(deploy?.summary ?? '', /\d+ requests, 0 failed/)
  assert.equal((await ledger(world)).filter((subject) => /^production: roll back/.test(subject)).length, 1)
  const again = await release(world, 'v0.3.1', 'v0.3.0')
  assert.deepEqual(ends(again), ['production.yml: failure'], 'a held pair is refused')
  assert.match(log(again, 'production.yml', 'plan'), /is on hold since .*npm run lift/s)

  const cure = await propose(world, { branch: 'celsius', title: 'Read the weather in °C again', changes: celsius })
  assert.deepEqual(ends(cure.runs), ['pull-request.yml: success', 'report.yml: success'], failures(cure.runs))
  assert.match(log(cure.runs, 'pull-request.yml', 'model'), new RegExp(`train: ${reviewed}, reused from .*: 0 epochs`))
  const cured = await land(world, cure.pull, 'merge')
  assert.deepEqual(ends(cured.runs), ['staging.yml: success'], failures(cured.runs))
  const at = state.environments.findIndex(({ name }) => name === 'production-approval')
  state.environments.splice(at, 1, { id: 1, name: 'production-approval', reviewers: ['grace'] })
  state.variables['REQUIRE_APPROVAL'] = 'true'
  const last = await release(world, 'v0.3.2', undefined, { options: () => ({ approve: () => true }) })
  assert.deepEqual(ends(last), ['production.yml: success'], failures(last))
  assert.match(log(last, 'production.yml', 'approve'), /deploy: approved by grace/)

  assert.deepEqual(state.violations, [], 'every request is one of GitHub’s API')
  for (const [name, { body, prerelease }] of notesOf(state.releases))
    t.diagnostic(`${name}${prerelease ? ' (prerelease)' : ''}: ${body?.split('\n')[0]}`)
  assert.deepEqual(
    notesOf(state.releases).map(([name]) => name),
    ['v0.1.0', 'v0.2.0', 'v0.3.0', 'v0.3.2'],
  )
  for (const line of await ledger(world)) t.diagnostic(line)
})

/** A comment on pull request 1 by somebody else; each twelfth begins as our report does. */
const commentOf = (id: number) => ({
  ...{ id, issue: 1, author: id % 24 === 0 ? 'mallory' : 'other-app[bot]' },
  ...{ body: id % 12 === 0 ? '<!-- mergeline:report e30= -->\nThe gate passed.' : `comment ${id}` },
  ...{ createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z' },
})

const notesOf = (releases: readonly Release[]) =>
  releases.filter(({ tag }) => tag.startsWith('v')).map((each) => [each.tag, each] as const)
