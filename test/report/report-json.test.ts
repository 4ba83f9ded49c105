import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InputError } from '../../pipeline/errors.ts'
import { type Report, toMarkdown } from '../../pipeline/report/report.ts'
import { readReport, toJson } from '../../pipeline/report/report-json.ts'
import { hostile } from './cells.ts'
import { gate, reportWith } from './sample.ts'

const harmless = reportWith('harmless')
const read = (value: unknown) =>
  readReport(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), 'report.json')
const plain = JSON.parse(toJson(harmless))

/** Refused with one message of a few words, and nothing of the stack's depth or the machine's memory. */
const refused = (value: unknown, said: RegExp) =>
  assert.throws(
    () => read(value),
    (error: Error) => {
      assert.ok(error instanceof InputError, error.stack)
      assert.match(error.message, said)
      assert.ok(error.message.length < 1100)
      return true
    },
  )

test('what is written is read again, and says the same', () => {
  for (const value of ['harmless', ...hostile]) {
    const report = reportWith(value)
    const back = read(toJson(report))
    assert.equal(toMarkdown(back), toMarkdown(report), JSON.stringify(value))
  }
  const minimal = { title: 'T', next: [] }
  assert.deepEqual(read(toJson(minimal)), minimal)
})

test('what the bootstrap drew is told by the data, too', () => {
  const policy = { ...gate.policy, block_by: 'customer' }
  assert.equal(read(toJson({ ...harmless, gate: { ...gate, policy } })).gate?.policy.block_by, 'customer')
})

test('predictions, whose keys may be private, and what the schema does not know are left out', () => {
  const training = { ...harmless.training, bundle: '/home/runner/work/x', run: 'abc' } as NonNullable<
    Report['training']
  >
  const text = toJson({ ...harmless, training })
  assert.doesNotMatch(text, /predictions|\/home\/runner|"run"/)
  const sections = ['data', 'exploration', 'training', 'gate', 'depth', 'uses']
  assert.deepEqual(Object.keys(plain), ['version', 'title', ...sections, 'next', 'configure'])
})

test('long texts and lists are cut to what a reader takes', () => {
  const [slice] = gate.slices
  const report: Report = {
    ...harmless,
    title: '🍦'.repeat(5000),
    gate: { ...gate, slices: Array.from({ length: 9000 }, () => slice as (typeof gate.slices)[0]) },
    next: Array.from({ length: 500 }, () => 'x'.repeat(5000)),
  }
  const back = read(toJson(report))
  assert.equal(back.title, `${'🍦'.repeat(299)}…`)
  assert.equal(back.gate?.slices.length, 5000)
  assert.deepEqual([back.next.length, back.next[0]?.length], [50, 2000])
})

test('a number that is not finite is not written', () => {
  assert.throws(() =>
    toJson({ ...harmless, gate: { ...gate, scored: [{ ...gate.scored[0], bias: Number.NaN } as never] } }),
  )
})

test('what is not a report is refused, with where and why', () => {
  refused('', /^report\.json: is not JSON in UTF-8$/)
  refused('{', /is not JSON/)
  refused('null', /^report\.json: the top level must be object, got null$/)
  refused('[]', /must be object/)
  assert.throws(() => readReport(Buffer.from([0x22, 0xff, 0x22]), 'report.json'), InputError)
  refused({ ...plain, version: 1 }, /^report\.json: version must be 2, got 1$/)
  refused({ ...plain, more: 1 }, /^report\.json: more is not a known key; known here: version, title/)
  refused(
    { ...plain, gate: { ...plain.gate, policy: { ...plain.gate.policy, x: 1 } } },
    /gate\.policy\.x is not a known/,
  )
  refused({ ...plain, title: 7 }, /title must be string, got 7/)
  refused({ ...plain, title: 'x'.repeat(301) }, /title must NOT have more than 300 characters/)
  refused({ ...plain, gate: { ...plain.gate, result: 'great' } }, /gate\.result must be one of pass, fail/)
  refused(JSON.stringify(plain).replace(/"bias":-?[\d.]+/, '"bias":1e999'), /bias must be number/)
  refused(JSON.stringify(plain).replace(/"bias":-?[\d.]+/, '"bias":1e300'), /bias must be <= 1000000000000000/)
})

test('keys that mean something to JavaScript are unknown keys like others', () => {
  const planted = (json: string) => JSON.stringify(plain).replace(/^\{/, `{${json},`)
  refused(planted('"__proto__":{"gate":{}}'), /__proto__ is not a known key/)
  refused(planted('"constructor":{"prototype":{}}'), /constructor is not a known key/)
  refused(planted('"toString":1'), /toString is not a known key/)
  refused('{"__proto__":{"version":1,"title":"T","next":[]}}', /__proto__ is not a known key/)
  assert.equal(({} as { gate?: unknown }).gate, undefined)
})

test('a report that is too large, too deep or wrong in a million places is refused at once', () => {
  const began = process.cpuUsage()
  refused(`"${'x'.repeat(2_000_000)}"`, /has 2000002 bytes, more than 2000000/)
  refused({ ...plain, title: JSON.parse('['.repeat(20) + ']'.repeat(20)) }, /more values, or deeper ones/)
  refused(`${'['.repeat(900_000)}${']'.repeat(900_000)}`, /more values, or deeper ones/)
  refused({ ...plain, next: Array.from({ length: 300_000 }, () => 0) }, /more values, or deeper ones/)
  refused({ ...plain, next: Array.from({ length: 200_000 }, () => 0) }, /next must NOT have more than 50 items.* …$/s)
  // Some tenths of a second of CPU: what grew faster than the report would take minutes.
  const { user, system } = process.cpuUsage(began)
  assert.ok(user + system < 10e6)
})
