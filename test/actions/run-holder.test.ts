import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGitHub } from '../../actions/shared/github.ts'
import { runHolder } from '../../actions/shared/run-holder.ts'
import { readRunner } from '../../actions/shared/runner.ts'
import { start } from '../workflows/github/scratch.ts'

test('a run of a workflow holds a rollout until GitHub calls its attempt completed; what cannot be known is left to the deadline', async () => {
  await using github = await start()
  const headSha = await github.commit('README.md', 'one\n')
  await github.push('origin', 'main')
  const production = { workflow: '.github/workflows/production.yml', event: 'push', headSha, headBranch: 'main' }
  const [other, mine] = [github.startRun(production), github.startRun(production)]
  const holderWith = (permissions: { readonly actions?: 'read' }) => {
    const { token } = github.mintToken({ runId: mine.id, job: 'deploy', permissions })
    const runner = readRunner({
      GITHUB_API_URL: github.apiUrl,
      GITHUB_REPOSITORY: github.state.repository,
      GITHUB_RUN_ID: String(mine.id),
      GITHUB_RUN_ATTEMPT: '1',
    })
    return runHolder(runner, async () => openGitHub(runner, token))
  }
  const holder = holderWith({ actions: 'read' })
  assert.equal(holder?.name, `github:${mine.id}:1`)
  const name = `github:${other.id}:1`
  assert.equal(await holder?.alive(name), true)
  assert.equal(await holderWith({})?.alive(name), undefined, 'a job that may not ask')
  github.finishRun(other.id, 'cancelled')
  assert.equal(await holder?.alive(name), false)
  const again = github.startRun({ ...production, id: other.id })
  assert.equal(await holder?.alive(`github:${other.id}:${again.attempt}`), true)
  assert.equal(await holder?.alive(name), false, 'the attempt before it')
  assert.equal(await holder?.alive('github:999999:1'), false, 'a run that was deleted')
  for (const foreign of ['laptop:12:345', 'github:1', 'github:1:1/../2', `${name}\n`])
    assert.equal(await holder?.alive(foreign), undefined)
})

test('outside a run there is no such holder', () => {
  assert.equal(
    runHolder(readRunner({ GITHUB_REPOSITORY: 'acme/ice-cream' }), () => Promise.reject(new Error('asked'))),
    undefined,
  )
})
