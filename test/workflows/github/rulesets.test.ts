import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusals } from './git/rulesets.ts'
import type { Role, Ruleset } from './state.ts'

const [none, one, two] = ['0', '1', '2'].map((digit) => digit.repeat(40)) as [string, string, string]
const by = (role: Role, app = false) => ({ login: 'ada', app, role })
const update = (ref: string) => ({ ref, old: one, new: two, forward: true })
const ruleset = (more: Partial<Ruleset>): Ruleset => {
  const conditions = { ref_name: { include: ['~ALL'], exclude: [] } }
  return { name: 'x', enforcement: 'active', conditions, rules: [{ type: 'update' }], ...more }
}
const refused = (more: Partial<Ruleset>, ref: string, who = by('write')) =>
  refusals(update(ref), who, { rulesets: [ruleset(more)], passed: {} }).length > 0

test('which refs a ruleset is about', () => {
  const about = (include: string[], exclude: string[] = []) => ({ conditions: { ref_name: { include, exclude } } })
  assert.equal(refused(about(['~DEFAULT_BRANCH']), 'refs/heads/main'), true)
  assert.equal(refused(about(['~DEFAULT_BRANCH']), 'refs/heads/other'), false)
  assert.equal(refused(about(['~ALL'], ['refs/heads/robots/*']), 'refs/heads/robots/a'), false)
  assert.equal(refused(about(['refs/heads/*']), 'refs/heads/a/b'), false)
  assert.equal(refused(about(['refs/heads/**/*']), 'refs/heads/a/b'), true)
  assert.equal(refused(about(['~ALL']), 'refs/tags/v1'), false)
  assert.equal(refused({ target: 'tag', ...about(['refs/tags/v*']) }, 'refs/tags/v1'), true)
  assert.equal(refused({ target: 'tag', ...about(['refs/tags/v*']) }, 'refs/tags/model-1'), false)
  assert.equal(refused({ enforcement: 'evaluate' }, 'refs/heads/main'), false)
})

test('who passes by a ruleset: the roles that it names and no other, never a job', () => {
  const maintainers = [{ actor_id: 2, actor_type: 'RepositoryRole', bypass_mode: 'always' }]
  const refusesTo = (who: ReturnType<typeof by>) => refused({ bypass_actors: maintainers }, 'refs/heads/main', who)
  assert.deepEqual([by('write'), by('maintain'), by('admin'), by('admin', true)].map(refusesTo), [
    true,
    false,
    true,
    true,
  ])
  const actions = [{ actor_id: 15_368, actor_type: 'Integration', bypass_mode: 'always' }]
  assert.equal(refused({ bypass_actors: actions }, 'refs/heads/main', by('write', true)), true)
  const inPulls = [{ actor_id: 5, actor_type: 'RepositoryRole', bypass_mode: 'pull_request' }]
  assert.equal(refused({ bypass_actors: inPulls }, 'refs/heads/main', by('admin')), true)
})

test('what each rule refuses', () => {
  const changes = {
    create: { ref: 'refs/heads/x', old: none, new: one, forward: true },
    remove: { ref: 'refs/heads/x', old: one, new: none, forward: true },
    advance: { ref: 'refs/heads/x', old: one, new: two, forward: true },
    rewind: { ref: 'refs/heads/x', old: one, new: two, forward: false },
  }
  const refusedBy = (type: string, parameters = {}) => {
    const rulesets = [ruleset({ rules: [{ type, parameters }] })]
    const refuses = (change: (typeof changes)['create']) =>
      refusals(change, by('write'), { rulesets, passed: { [one]: ['ok'] } })
    return Object.entries(changes).flatMap(([name, change]) => (refuses(change).length > 0 ? [name] : []))
  }
  const checks = { required_status_checks: [{ context: 'ok' }] }
  assert.deepEqual(refusedBy('creation'), ['create'])
  assert.deepEqual(refusedBy('deletion'), ['remove'])
  assert.deepEqual(refusedBy('update'), ['advance', 'rewind'])
  assert.deepEqual(refusedBy('non_fast_forward'), ['rewind'])
  assert.deepEqual(refusedBy('pull_request'), ['advance', 'rewind'])
  assert.deepEqual(refusedBy('required_status_checks', checks), ['advance', 'rewind'])
  assert.throws(() => refusedBy('required_signatures'), /does not know/)
})
