import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gate } from '../../report/sample.ts'
import { artifactOf, report, reported, world } from './scenario.ts'

/** GitHub refuses a comment of more characters. */
const most = 65_536

const [slice] = gate.slices
const slices = (count: number, value: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => ({ ...slice, value: value(index) }) as (typeof gate.slices)[0])
const findings = (count: number, words: string) =>
  Array.from({ length: count }, (_, index) => ({
    file: 'data/sales.csv',
    rule: `rule ${index}`,
    severity: 'warning' as const,
    field: 'units_sold',
    count: 10,
    shown: Array.from({ length: 10 }, (_, row) => ({ row, value: words })),
    what: words,
    cure: words,
  }))

test('a report of 500 rows is posted, within the limit', async () => {
  const many = { ...gate, slices: slices(500, (index) => `shop ${index}`) }
  const at = world({ artifacts: [artifactOf({ ...report, gate: many })] })
  const { code, log } = await reported(at)
  assert.equal(code, 0, log)
  const [comment] = at.comments
  assert.ok((comment?.body.length ?? most) < most)
  assert.match(comment?.body ?? '', /## ✅ Gate passed.*<summary>All slices \(500\)<\/summary>.*the first 100 of 500/s)
})

test('what does not fit is named with a link to where it is, whatever the words', async () => {
  const words = '@'.repeat(1900)
  const at = world({
    artifacts: [
      artifactOf({
        ...report,
        data: { pass: true, files: [{ path: words, rows: 3 }], findings: findings(40, words) },
        gate: {
          ...gate,
          reasons: Array.from({ length: 20 }, () => words),
          slices: slices(400, (index) => `${words}${index}`),
        },
        next: Array.from({ length: 50 }, () => words),
        configure: Array.from({ length: 50 }, () => words),
      }),
    ],
  })
  const { code, log } = await reported(at)
  assert.equal(code, 0, log)
  const [comment] = at.comments
  assert.ok((comment?.body.length ?? most) < most, `${comment?.body.length} characters`)
  assert.match(
    comment?.body ?? '',
    /\n\d+ parts are too long to be shown here \(Gate, .*Next, To configure\); \[the whole report\]\(https:\/\/github\.example\/acme\/shop\/actions\/runs\/900\/artifacts\/71\) has all\.\n/,
  )
})
