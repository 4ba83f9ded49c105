import assert from 'node:assert/strict'
import { test } from 'node:test'
import { approvalOf } from '../../actions/shared/approval.ts'
import { openGitHub } from '../../actions/shared/github.ts'
import { readRunner } from '../../actions/shared/runner.ts'
import { RefusedError } from '../../pipeline/errors.ts'
import { start } from '../workflows/github/scratch.ts'

test('who approved a run for an environment is told by GitHub, and that nobody did is said, or refused', async () => {
  await using github = await start()
  const headSha = await github.commit('README.md', 'one\n')
  await github.push('origin', 'main')
  const run = { workflow: '.github/workflows/production.yml', event: 'push', headSha, headBranch: 'v1' }
  const [other, mine] = [github.startRun(run), github.startRun(run)]
  const environment = 'production-approval'
  for (const name of [environment, 'staging']) github.state.environments.push({ id: 1, name, reviewers: [] })
  const ask = (required: boolean, permissions: { readonly actions?: 'read' } = { actions: 'read' }) => {
    const { token } = github.mintToken({ runId: mine.id, job: 'approve', permissions })
    const runner = readRunner({ GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: github.state.repository })
    return approvalOf(openGitHub(runner, token), { runId: mine.id, environment, required })
  }
  const review = { runId: mine.id, environment, comment: '' }
  github.state.approvals.push(
    { ...review, runId: other.id, state: 'approved', by: 'mallory' },
    { ...review, environment: 'staging', state: 'approved', by: 'mallory' },
    { ...review, state: 'rejected', by: 'mallory' },
  )
  assert.equal(await ask(false), 'by nobody: the environment production-approval asks for no review')
  await assert.rejects(ask(true), RefusedError)
  assert.match(await ask(false, {}), /^not known: GitHub says 403: /)
  await assert.rejects(ask(true, {}), /an approval is required/)

  github.state.approvals.push(
    { ...review, state: 'approved', by: 'grace' },
    { ...review, state: 'approved', by: 'ada' },
  )
  assert.equal(await ask(true), 'by grace, ada')
  assert.deepEqual(github.state.violations, [])
})
