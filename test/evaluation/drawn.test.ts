import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InputError } from '../../pipeline/errors.ts'
import { drawnOf } from '../../pipeline/evaluation/drawn.ts'
import { judge } from '../../pipeline/evaluation/gate.ts'
import type { HeldOut } from '../../pipeline/evaluation/held-out.ts'
import { repetitions } from '../repetitions.ts'
import { groupedWorld, policy, world } from './synthetic.ts'

const worlds = repetitions(150)

/** How often the interval of the difference holds what is true of the world, when records are drawn as `more` says. */
function coverage(more: Partial<typeof policy>): number {
  let held = 0
  for (let seed = 1; seed <= worlds; seed++) {
    const [candidate, champion] = groupedWorld({ difference: 1, seed }) as [HeldOut[], HeldOut[]]
    const input = {
      candidate: { digest: 'a', records: candidate },
      champion: { digest: 'b', records: champion },
      baselines: [],
      unit: 'units',
    }
    const [against] = judge(input, { ...policy, ...more, slice_min_records: 1e6, resamples: 400, seed }).comparisons
    if (against && against.difference.low <= 1 && 1 <= against.difference.high) held++
  }
  return held / worlds
}

// Over 2,000 worlds: 93.3 % and 60.6 %.
test('where the records of a group are alike, groups drawn whole give intervals that hold; blocks of days give too narrow ones', (t) => {
  const [groups, days] = [coverage({ block_by: 'customer' }), coverage({})]
  t.diagnostic(`${worlds} worlds: ${(100 * groups).toFixed(1)} % by group, ${(100 * days).toFixed(1)} % by days`)
  assert.ok(groups >= 0.88, String(groups))
  assert.ok(days <= 0.8, String(days))
})

test('days held out are counted in days, whatever is drawn', () => {
  const [candidate = [], champion = []] = groupedWorld({})
  const input = { candidate: { digest: 'a', records: candidate }, champion: { digest: 'b', records: champion } }
  const { heldOut } = judge({ ...input, baselines: [], unit: 'units' }, { ...policy, block_by: 'customer' })
  assert.equal(heldOut.days, 365)
  assert.equal(drawnOf(candidate, { ...policy, block_by: 'customer' }).days.count, 60)
})

test('where groups are drawn, few days are no reason not to judge, and what would tell more is more groups', () => {
  const onOneDay = (records: readonly HeldOut[]) => records.map((record) => ({ ...record, time: '2023-01-01' }))
  const [candidate = [], champion = []] = groupedWorld({}).map(onOneDay)
  const input = {
    candidate: { digest: 'a', records: candidate },
    champion: { digest: 'b', records: champion },
    ...{ baselines: [], unit: 'units' },
  }
  const said = (more: Partial<typeof policy>) => judge(input, { ...policy, ...more }).reasons.join('\n')
  assert.match(said({}), /The held-out records span 1 days; blocks of 7 days/)
  const byGroup = said({ block_by: 'customer' })
  assert.match(byGroup, /cannot tell.*hold out more data: about [\d.]+ times as many groups of customer would do/)
  assert.doesNotMatch(byGroup, /test_days|blocks of/)
})

test('a slice that is none, or has few groups, is refused with what to do', () => {
  const records = world({}).model(1, 1)
  const refused = (by: string, told: RegExp) =>
    assert.throws(
      () => drawnOf(records, { ...policy, block_by: by }),
      (error) => error instanceof InputError && told.test(error.message),
    )
  refused(
    'customer',
    /params.yaml: evaluate_gate.block_by must be a slice of pipeline.task.judge.ts \(shop\), got "customer"/,
  )
  refused('toString', /must be a slice/)
  refused('shop', /shop has 4 groups in the held-out records, of which 20 are needed.*leave block_by out/)
})
