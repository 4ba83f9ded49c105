import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { git, tryGit } from '../../../pipeline/release/git.ts'
import { start } from '../../actions/action.ts'
import { makeRepository } from '../../release/repository.ts'
import { isText } from './told.ts'
import { tryAll } from './try.ts'
import { canary } from './words.ts'

const root = join(import.meta.dirname, '../../..')

test('deploy: inputs that a workflow got from strangers are refused, each in one message', async (t) => {
  await using repository = await makeRepository({ origin: true })
  const { root: project } = repository
  for (const path of ['params.yaml', 'environments']) cpSync(join(root, path), join(project, path), { recursive: true })
  await git(project, ['add', '.'])
  await git(project, ['commit', '--quiet', '-m', 'Mergeline-Entry: release\n\nMergeline-Environment: production'])
  await git(project, ['push', '--quiet', 'origin', 'main'])
  const inputs = [
    { environment: `../..$(touch ${canary})\n::add-mask::x` },
    { environment: 'production', commit: `--output=${canary}` },
    { environment: 'production', commit: `HEAD:$(touch ${canary})\u001b[2K\n##[group]x`, plan: 'true' },
    { environment: 'staging', commit: '$(touch $CANARY)', image: '`touch $CANARY`' },
    { environment: 'staging', resume: '$(touch $CANARY)' },
    { environment: 'production', request: 'true', commit: ':/Mergeline' },
  ]
  await tryAll(
    t,
    inputs.map((each) => JSON.stringify(each)),
    async (text) => {
      const { code, log, summary } = await start('deploy', {
        workspace: project,
        inputs: JSON.parse(text),
        env: { CANARY: canary, GITHUB_RUN_ID: '7', GITHUB_REPOSITORY: 'acme/shop' },
      })
      assert.equal(code, 1, log)
      isText(log, summary)
      assert.match(log, /^::error::(?!.*\n\s+at )/m)
    },
  )
  assert.match((await tryGit(project, ['ls-remote', 'origin', 'releases'])).output, /^$/, 'nothing was recorded')
})
