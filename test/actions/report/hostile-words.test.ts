import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findPullRequest } from '../../../actions/shared/pull-request.ts'
import { hostile, withoutCode } from '../../report/cells.ts'
import { gate } from '../../report/sample.ts'
import { commandsIn } from '../action.ts'
import { artifactOf, asking, pull, reported, run, world } from './scenario.ts'

const more = [
  '::set-output name=result::pass',
  '##[add-mask]x',
  '$\u007b{ secrets.TOKEN }}',
  '$(id)',
  '`id`',
  '-->\n<!-- mergeline:report',
  'Closes #1',
  'cc @acme/owners',
]
const words = [...hostile, ...more].filter((value) => value !== '')
const [slice] = gate.slices

test('whatever stands in a report’s words, the comment links, notifies and runs nothing of it', async () => {
  const at = world({
    artifacts: [
      artifactOf({
        title: words.join(' '),
        data: {
          pass: false,
          files: words.slice(0, 50).map((path) => ({ path, rows: 1 })),
          findings: words.map((value) => ({
            file: value,
            rule: value,
            severity: 'error',
            field: value,
            count: 1,
            shown: [{ row: 1, value }],
            what: value,
            cure: value,
          })),
        },
        gate: {
          ...gate,
          unit: words.join(' ').slice(0, 99),
          reasons: words,
          slices: words.map((value) => ({ ...slice, slice: value, value }) as (typeof gate.slices)[0]),
        },
        training: {
          reused: true,
          epochs: 0,
          seconds: 1,
          source: words.join(' ').slice(0, 400),
          fingerprint: '@team',
          digest: '`@team`',
          runUrl: 'https://evil.example',
        },
        next: words.slice(0, 40),
        configure: words.slice(40, 80),
      }),
    ],
  })
  const { code, log, outputs, summary } = await reported(at)
  assert.equal(code, 0, log)
  assert.equal(outputs['posted'], 'created')
  assert.deepEqual(commandsIn(log), ['::group::report', '::endgroup::'])
  assert.doesNotMatch(outputs['result'] ?? '', /\n/)
  const own = (text: string) => text.replace(/\]\(https:\/\/github\.example\/[\w/]+\)/g, '')
  const [marker, ...lines] = (at.comments[0]?.body ?? '').split('\n')
  assert.match(marker ?? '', /^<!-- mergeline:report [\w+/=]+ -->$/)
  for (const text of [lines.join('\n'), summary]) {
    const outside = withoutCode(own(text).replace(/^```mermaid\n[^`]*```$/gm, ''))
    assert.doesNotMatch(outside, /@|\]\(|https?:\/\/|<(?!\/?(?:details|summary)>)/)
  }
})

const branches = [
  'x"; $(id) #',
  'a&state=all&head=acme:main',
  '../../pulls',
  '::add-mask::x',
  'größe',
  '@team',
  'x'.repeat(240),
  '#12',
  'a?b=c',
  '%2e%2e%2f',
]

for (const branch of branches) {
  test(`a branch named ${JSON.stringify(branch.slice(0, 30))} is a branch like any other`, async () => {
    const asked: string[] = []
    const at = world({ pulls: [{ ...pull, head: { ...pull.head, ref: branch } }] })
    at.answer = (_, path) => void asked.push(path)
    const found = await asking(at, (github) => findPullRequest(github, { ...run, head_branch: branch }))
    assert.deepEqual([found, asked], [{ number: 5 }, ['pulls']])
  })
}

test('the runner obeys no branch', async () => {
  const branch = '::set-output name=result::pass##[group]x'
  const at = world({ pulls: [{ ...pull, head: { ...pull.head, ref: branch } }] })
  const { code, log, requests } = await reported(at, { head_branch: branch })
  assert.equal(code, 0, log)
  assert.ok(requests.some(({ told }) => told === `GET pulls?head=acme:${branch}&state=all&per_page=100`))
  assert.deepEqual(commandsIn(log), ['::group::report', '::endgroup::'])
})
