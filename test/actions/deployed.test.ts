import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evidenceOf } from '../../actions/shared/deployed.ts'
import type { DeployResult } from '../../pipeline/release/deployment.ts'
import { releaseOf } from '../release/repository.ts'

const release = { ...releaseOf('b', 'c'.repeat(40), 2), rehearsal: true }
const result: DeployResult = {
  outcome: 'rolled back',
  reason: 'errors: 9 of 20 canary requests | see @team',
  environment: 'production',
  release,
  digest: release.model.digest,
  releaseCommit: 'd'.repeat(40),
  revertCommit: 'e'.repeat(40),
  canaryRequests: 20,
  clients: { requests: 300, failed: 1, failures: ['1 × 500 <script>'] },
  gatewayUrl: 'http://127.0.0.1:1',
}

test('a rollback is told with its counts, tests and α; nothing in it becomes Markdown', () => {
  const lines = ['Evidence: 20 requests', '  errors  E = 130 at α 0.3 %', '```', 'fault: ::add-mask::x\u001b[2K']
  const told = evidenceOf({ ...result, evidence: { why: result.reason, lines } })
  assert.equal(
    told,
    [
      '### production: rolled back (rehearsal)',
      '',
      '| | |',
      '|---|---|',
      '| why | errors: 9 of 20 canary requests &#124; see &#64;\u2060team |',
      '| model | ice-cream-sales v2 (sha256:bbbbbbbbbbbb) |',
      `| digest | \`${release.model.digest}\` |`,
      `| commit | \`${release.commit}\` |`,
      `| release | \`${result.releaseCommit}\` |`,
      `| revert | \`${result.revertCommit}\` |`,
      '| canary requests | 20 |',
      '| clients | 300 requests, 1 failed |',
      '| failed requests | 1 × 500 &#60;script&#62; |',
      '',
      '````text',
      ...lines.slice(0, 3),
      'fault: ::add-mask::x\ufffd[2K',
      '````',
      '',
    ].join('\n'),
  )
})

test('what was superseded has no evidence, and no version is shown where there is none', () => {
  const { version: _, ...model } = release.model
  const told = evidenceOf({ ...result, outcome: 'superseded', release: { ...release, model } })
  assert.match(told, /^### production: superseded \(rehearsal\)\n/)
  assert.match(told, /\| model \| ice-cream-sales \(sha256:bbbbbbbbbbbb\) \|/)
  assert.doesNotMatch(told, /```/)
})
