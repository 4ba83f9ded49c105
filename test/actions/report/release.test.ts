import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { git } from '../../../pipeline/release/git.ts'
import { promoteMessage } from '../../../pipeline/release/message.ts'
import { makeRepository, recordRelease, releaseOf } from '../../release/repository.ts'
import { commandsIn } from '../action.ts'
import type { Release } from './github.ts'
import { acted, world } from './scenario.ts'

/** A ledger in which production promoted v1's model, and got v2's. */
const repository = await makeRepository({ origin: true })
after(() => repository[Symbol.asyncDispose]())
const { root, commit } = repository
const first = releaseOf('a', commit)
const second = releaseOf('b', commit, 2)
const firstCommit = await recordRelease(root, 'production', first)
await git(root, ['fetch', '--quiet', 'origin'])
const promoted = await git(root, [
  'commit-tree',
  `${firstCommit}^{tree}`,
  '-p',
  firstCommit,
  '-m',
  promoteMessage('production', first, firstCommit),
])
await git(root, ['push', '--quiet', 'origin', `${promoted}:refs/heads/releases`])
const secondCommit = await recordRelease(root, 'production', second)
const evidence = join(root, '.mergeline-evidence.md')
await writeFile(evidence, '### production: promoted\n\n| | |\n|---|---|\n| why | better |\n')

const stored = {
  id: 1,
  tag_name: `model-${'b'.repeat(64)}`,
  assets: [{ id: 31, name: 'model-card.md', state: 'uploaded' }],
}
const shop = () =>
  world({
    tags: ['v2.0.0'],
    releases: [stored],
    files: { '/asset/31': '# Model card: ice-cream-sales\n\nIts errors.\n' },
  })
const at = (changes = {}, env = {}) => ({
  workspace: root,
  inputs: { on: 'release', outcome: 'promoted', 'release-commit': secondCommit, evidence, ...changes },
  env: { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v2.0.0', ...env },
})
const written = (github: ReturnType<typeof shop>) => github.releases.find(({ tag_name }) => tag_name === 'v2.0.0')

test('the tag’s release gets its notes: what came of it, the model and the one before, the evidence, the model card', async (t) => {
  const github = shop()
  const done = await acted(github, at())
  assert.equal(done.code, 0, done.log)
  assert.deepEqual([done.outputs['posted'], done.outputs['result']], ['created', 'v2.0.0'])
  const { name, prerelease, make_latest, body } = written(github) ?? ({} as Partial<Release>)
  assert.deepEqual([name, prerelease, make_latest], ['v2.0.0', false, 'true'])
  const told = [...done.requests.map((request) => request.told), String(body)].join('\n')
  t.assert.snapshot(told.replaceAll(commit, '<commit>'), { serializers: [String] })
  assert.ok(done.firstLineMs > 0)
})

test('written again, nothing changes; what people wrote above and below stays', async () => {
  const github = shop()
  await acted(github, at())
  const again = await acted(github, at())
  assert.equal(again.outputs['posted'], 'unchanged')
  assert.equal(again.requests.filter(({ told }) => /^(?:POST|PATCH)/.test(told)).length, 0)

  const own = String(written(github)?.['body'])
  github.releases = [
    stored,
    { ...written(github), id: 2, tag_name: 'v2.0.0', body: `Hello.\r\n\r\n${own.trim()}\r\n\r\nThanks, Ada.` },
  ]
  const updated = await acted(github, at({ outcome: 'rolled back' }))
  assert.equal(updated.outputs['posted'], 'updated', updated.log)
  const body = String(written(github)?.['body'])
  assert.match(body, /^Hello\.\n\n<!-- mergeline:release -->\n\n## ❌ v2\.0\.0 was rolled back in production\n/)
  assert.match(body, /<!-- \/mergeline:release -->\n\nThanks, Ada\.\n$/)
  assert.deepEqual(
    [written(github)?.['name'], written(github)?.['prerelease'], written(github)?.['make_latest']],
    ['v2.0.0 (rolled back)', true, 'false'],
  )
})

test('a rehearsal is never shown as a success: title, text, prerelease', async () => {
  const rehearsed = await recordRelease(root, 'production', { ...second, rehearsal: true })
  const github = shop()
  const { code, log, outputs } = await acted(github, at({ 'release-commit': rehearsed }))
  assert.equal(code, 0, log)
  assert.equal(outputs['result'], 'v2.0.0 (rehearsal)')
  const { name, prerelease, make_latest, body } = written(github) ?? ({} as Partial<Release>)
  assert.deepEqual([name, prerelease, make_latest], ['v2.0.0 (rehearsal)', true, 'false'])
  assert.match(String(body), /## ⚠️ v2\.0\.0 runs in production\n\nA rehearsal: .*nobody outside was served\./)
})

test('a release that was overtaken before it was one is told, without a model', async () => {
  const github = shop()
  const { code, log, outputs } = await acted(github, at({ outcome: 'superseded', 'release-commit': '' }))
  assert.equal(code, 0, log)
  assert.equal(outputs['result'], 'v2.0.0 (superseded)')
  assert.equal(written(github)?.['prerelease'], true)
})

test('a token that may not write leaves the notes in the job summary, with a warning, and the job green', async () => {
  const github = shop()
  github.answer = (method) => (method === 'GET' ? undefined : { status: 403, message: 'Resource not accessible' })
  const { code, log, outputs, summary } = await acted(github, at())
  assert.equal(code, 0, log)
  assert.equal(outputs['posted'], 'summary')
  assert.match(
    log,
    /^::warning title=report::GitHub does not let this job write the release of v2\.0\.0 .*contents: write$/m,
  )
  assert.match(summary, /## ✅ v2\.0\.0 runs in production/)
})

test('a tag that is gone gets no release: GitHub would make the tag anew, elsewhere', async () => {
  const github = { ...shop(), tags: [] }
  const { code, log } = await acted(github, at())
  assert.equal(code, 1)
  assert.match(log, /^::error::the tag v2\.0\.0 is gone, so it gets no release/m)
  assert.equal(written(github), undefined)
})

test('a release that was made though the answer was lost is found again', async () => {
  const github = shop()
  github.answer = (method, path) => {
    if (method !== 'POST' || path !== 'releases') return undefined
    github.releases.push({ id: 9, tag_name: 'v2.0.0' })
    return { status: 502, message: 'Bad Gateway' }
  }
  const { code, log, outputs } = await acted(github, at())
  assert.equal(code, 0, log)
  assert.deepEqual([outputs['posted'], outputs['url']], ['created', 'https://github.example/release/9'])
})

test('a tag of hostile words is shown as text, and the runner obeys nothing', async () => {
  const tag = 'v1-$(id)`id`<b>@team#12::add-mask::x##[group]'
  const github = { ...shop(), tags: [tag] }
  const { code, log } = await acted(github, at({}, { GITHUB_REF: `refs/tags/${tag}` }))
  assert.equal(code, 0, log)
  assert.deepEqual(commandsIn(log), ['::group::report', '::endgroup::'])
  const body = String(github.releases.at(-1)?.['body'])
  assert.doesNotMatch(body.replace(/<\/?(?:details|summary)>|<!-- \/?mergeline:release -->/g, ''), /[<@]|`id`/)
})

const wrong: readonly (readonly [
  string,
  { readonly [name: string]: string },
  { readonly [name: string]: string },
  RegExp,
])[] = [
  ['a run for no tag', {}, { GITHUB_REF: 'refs/heads/main' }, /the notes of a release are written for a pushed tag/],
  ['no outcome', { outcome: '' }, {}, /input outcome: is empty/],
  ['another use', { on: 'push' }, {}, /input on: must be pull-request or release, got "push"/],
  ['a commit that is none', { 'release-commit': '--output=x' }, {}, /input release-commit: must be a commit/],
]
for (const [title, inputs, env, said] of wrong) {
  test(`${title} is refused with what to do`, async () => {
    const { code, log, requests } = await acted(shop(), at(inputs, env))
    assert.equal(code, 1)
    assert.match(log, said)
    assert.deepEqual(requests, [])
  })
}

test('a title of somebody’s own stays', async () => {
  const github = shop()
  await acted(github, at())
  github.releases = [stored, { ...written(github), id: 2, tag_name: 'v2.0.0', name: 'The summer release' }]
  const updated = await acted(github, at({ outcome: 'rolled back' }))
  assert.equal(updated.outputs['posted'], 'updated', updated.log)
  assert.deepEqual([written(github)?.['name'], written(github)?.['prerelease']], ['The summer release', true])
})

test('a re-run of a tag that ran once, overtaken: what was written of it stays', async () => {
  const github = shop()
  const env = { GITHUB_SHA: commit }
  const overtaken = await acted(github, at({ outcome: 'superseded', 'release-commit': '' }, env))
  assert.deepEqual(
    [overtaken.code, overtaken.outputs['posted'], written(github)],
    [0, 'newer', undefined],
    overtaken.log,
  )
  const never = await acted(github, at({ outcome: 'superseded', 'release-commit': '' }, { GITHUB_SHA: 'f'.repeat(40) }))
  assert.equal(never.outputs['posted'], 'created', never.log)
})
