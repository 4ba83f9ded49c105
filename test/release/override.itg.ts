// Somebody's word in the place of evidence: recorded, and never against it.
import assert from 'node:assert/strict'
import { appendFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { InputError, RefusedError } from '../../pipeline/errors.ts'
import { deploy } from '../../pipeline/release/deploy.ts'
import { git } from '../../pipeline/release/git.ts'
import { history } from '../../pipeline/release/history.ts'
import { promoteAnyway } from '../../pipeline/release/override.ts'
import { promotedRelease } from '../../pipeline/release/record.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { makeProject } from './project.ts'

const word = { by: 'Ada Example', why: 'the shop opens tomorrow\nMergeline-Promotes: forged' }

test('a held canary is promoted on somebody’s word: Git has the name, the reason and what was missing', async () => {
  await using project = await makeProject({ canary: { deadline_minutes: 0.01, at_deadline: 'hold' } })
  const { root } = project
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  const options = project.options(await project.model(2), commit)
  const { commit: _commit, model: _model, ...site } = options
  await assert.rejects(
    promoteAnyway(site, word),
    (error) => error instanceof InputError && /no canary is on trial in production/.test(error.message),
  )
  assert.equal((await deploy(options)).outcome, 'held')
  await assert.rejects(promoteAnyway(site, { ...word, why: ' ' }), /a name and a reason are needed/)

  const promoted = await promoteAnyway(site, word)
  assert.equal(promoted.outcome, 'promoted')
  assert.equal((await promotedRelease(root, 'production'))?.model.version, 2)
  const [entry] = await history(root, 'production')
  assert.deepEqual([entry?.kind, entry?.promotes, entry?.overriddenBy], ['promote', promoted.releaseCommit, word.by])
  const message = await git(root, ['log', '-1', '--format=%B', entry?.commit ?? ''])
  assert.match(message, /^Why: promoted on the word of Ada Example without the evidence for it: the shop opens/m)
  assert.match(message, /^ {2}missing then {2}the deadline passed without the evidence to promote: no traffic in this/m)
  await assert.rejects(promoteAnyway(site, word), /no canary is on trial/)
})

test('killed after somebody gave their word, the next deploy keeps it', async () => {
  await using project = await makeProject({ origin: false, canary: { deadline_minutes: 0.01, at_deadline: 'hold' } })
  const { root } = project
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  const options = project.options(await project.model(2), commit)
  const { commit: _commit, model: _model, ...site } = options
  await deploy(options)
  const stopped = new Error('killed')
  await assert.rejects(
    promoteAnyway(
      {
        ...site,
        log: (line) => {
          if (/runs ice-cream-sales v2/.test(line)) throw stopped
        },
      },
      word,
    ),
    stopped,
  )
  assert.equal((await deploy(options)).outcome, 'unchanged')
  const [entry] = await history(root, 'production')
  assert.deepEqual([entry?.kind, entry?.overriddenBy], ['promote', word.by])
})

test('what the verdict would roll back is not promoted, whoever says so', async () => {
  await using project = await makeProject({ origin: false, canary: { deadline_minutes: 0.01, at_deadline: 'hold' } })
  const { root } = project
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  const options = project.options(await project.model(2), commit)
  const { commit: _commit, model: _model, ...site } = options
  const { releaseCommit = '' } = await deploy(options)
  // What it did is known although nobody watched: its log is there.
  const event = { at: Date.now(), arm: 'canary', weight: 0.2, status: 500, ms: 1, bin: null, out: 0 }
  const lines = Array.from({ length: 30 }, (_, index) => JSON.stringify({ n: index + 1, ...event }))
  const log = join(stateDir(root, 'production'), 'events', `${releaseCommit.slice(0, 12)}.jsonl`)
  await mkdir(dirname(log), { recursive: true })
  await appendFile(log, `${lines.join('\n')}\n`)
  await assert.rejects(
    promoteAnyway(site, word),
    (error) => error instanceof RefusedError && /the verdict .* is to roll back: errors: \d+ of/.test(error.message),
  )
  assert.equal((await deploy(options)).outcome, 'rolled back')
  assert.equal((await promotedRelease(root, 'production'))?.model.version, 1)
})
