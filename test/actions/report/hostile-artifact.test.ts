import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findReport } from '../../../actions/shared/run-report.ts'
import { commentOf } from '../../../pipeline/report/comment.ts'
import { toJson } from '../../../pipeline/report/report-json.ts'
import { commandsIn } from '../action.ts'
import { zipOf } from '../zip.ts'
import type { Artifact } from './github.ts'
import { artifactOf, asking, commit, report, reported, run, world } from './scenario.ts'

const told = {
  id: 900,
  number: 12,
  attempt: 1,
  commit,
  conclusion: 'success',
  repositoryUrl: 'https://github.example/acme/shop',
}
const json = toJson(report)
const planted = (text: string) => json.replace(/^\{/, `{${text},`)
const link = { path: 'report.html', content: '/etc/passwd', mode: 0o120777 }
const only = (path: string, content: string | Buffer) => ({ id: 71, archive: zipOf([{ path, content }]) })

/** What a pull request can leave in place of a report, and what is said of it. */
const variants: { readonly [title: string]: readonly [Artifact, RegExp] } = {
  'a path that climbs out': [
    artifactOf(json, [{ path: '../../.bashrc', content: 'x' }]),
    /has 3 entries, and at most 2/,
  ],
  'a path that climbs out, alone': [only('../report.json', json), /\.\.\/report\.json/],
  'an absolute path': [only('/tmp/report.json', json), /\/tmp\/report\.json/],
  'a symbolic link': [
    { id: 71, archive: zipOf([{ path: 'report.json', content: json }, link]) },
    /report\.html": is not a file/,
  ],
  'a bomb': [only('report.json', Buffer.alloc(9_000_000)), /brings the files to 9000000 bytes/],
  'a bomb that declares to be small': [
    { id: 71, archive: zipOf([{ path: 'report.json', content: Buffer.alloc(50_000_000), size: 100 }]) },
    /report\.json": too many bytes/,
  ],
  'an archive too large': [{ ...artifactOf(json), size: 9_000_000_000 }, /has 9000000000 bytes, more than 8000000/],
  'an archive larger than GitHub says': [
    { id: 71, archive: zipOf([{ path: 'report.json', content: Buffer.alloc(9_000_000), method: 0 }]), size: 100 },
    /more than 8,000,000 bytes/,
  ],
  'another archive than GitHub has recorded': [
    { ...artifactOf(json), digest: `sha256:${'0'.repeat(64)}` },
    /its archive is sha256:[0-9a-f]{64}, and GitHub has recorded sha256:000/,
  ],
  'files that nobody wants': [only('main.ts', 'process.exit(7)'), /main\.ts": is not a file that belongs there/],
  'no report.json': [only('report.html', '<script>'), /holds no report\.json/],
  'no archive': [{ id: 71, archive: Buffer.from('#!/bin/sh') }, /is no zip archive/],
  'nothing at all': [{ id: 71, archive: Buffer.alloc(0) }, /is no zip archive/],
  'no JSON': [artifactOf('::set-output name=x::y'), /report\.json: is not JSON in UTF-8/],
  'another schema': [artifactOf('{"verdict":"pass"}'), /version is missing/],
  'a report of another version': [
    artifactOf(json.replace(/"version":\d+/, '"version":999')),
    /version must be \d+, got 999/,
  ],
  'an unknown key': [artifactOf(planted('"command":"x"')), /command is not a known key/],
  'the key __proto__': [artifactOf(planted('"__proto__":{"gate":1}')), /__proto__ is not a known key/],
  'the key constructor': [artifactOf(planted('"constructor":{"prototype":{"x":1}}')), /constructor is not a known key/],
  'a giant report': [artifactOf(JSON.stringify({ title: 'x'.repeat(3_000_000) })), /bytes, more than 2000000/],
  'a deep report': [artifactOf(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), /more values, or deeper ones/],
  'a report wrong in 200,000 places': [
    artifactOf(JSON.stringify({ next: Array.from({ length: 200_000 }, () => 0) })),
    /NOT have more than 50/,
  ],
  'words for the runner and the page': [
    artifactOf(`{"\\u003c/code>@team ##[group]x\\n::add-mask::a\`\`\`":1}`),
    /is not a known key/,
  ],
}

for (const [title, [artifact, said]] of Object.entries(variants)) {
  test(`${title}: the comment says why there is no report`, async () => {
    const found = await asking(world({ artifacts: [artifact] }), (github) => findReport(github, run))
    assert.ok('missing' in found)
    assert.match(found.why ?? '', said)
    const lines = commentOf(found, { ...told, artifact: found.artifact ?? 0 }).split('\n')
    assert.equal(lines[1], '## ❌ The report that the run left cannot be shown')
    assert.match(lines[3] ?? '', /^(`+)(?!`).*[^`]\1$/, 'the reason is one line of code')
    assert.match(lines[5] ?? '', /^\[Run 900\]\(https:\/\/github\.example\/acme\/shop\/actions\/runs\/900\) of commit/)
    assert.deepEqual([lines[2], lines[4], ...lines.slice(6)], ['', '', ''])
  })
}

for (const title of [
  'a path that climbs out',
  'a bomb that declares to be small',
  'words for the runner and the page',
]) {
  test(`${title}: the action comments, is green, and the runner obeys nothing of it`, async () => {
    const [artifact] = variants[title] ?? []
    const at = world({ artifacts: artifact ? [artifact] : [] })
    const { code, log, outputs, requests } = await reported(at)
    assert.equal(code, 0, log)
    assert.equal(outputs['posted'], 'created')
    assert.match(at.comments[0]?.body ?? '', /\n## ❌ The report that the run left cannot be shown\n/)
    assert.deepEqual(commandsIn(log), ['::group::report', '::endgroup::'])
    assert.ok(
      requests.every(({ told }) => !told.includes('TOKEN')),
      JSON.stringify(requests),
    )
  })
}
