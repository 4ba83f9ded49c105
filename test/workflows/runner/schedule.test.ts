import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionOf, expressionsIn, literal, sayNeeds, sayNeedsInIf } from './expressions.ts'
import { leaksIn, mask } from './leaks.ts'
import { combinationsOf, matrixQuestion, nameOf } from './matrix.ts'
import { permissionsOf } from './permissions.ts'
import { type Happening, starts } from './starts.ts'
import type { Workflow } from './workflow.ts'

const on = (triggers: unknown) => ({ file: 'x.yml', on: triggers }) as Workflow
const push = (ref: string): Happening => ({ name: 'push', ref })

test('a push starts what its branch or tag is named for', () => {
  const started = (triggers: unknown, ref: string) => starts(on({ push: triggers }), push(ref))
  assert.ok(started(null, 'refs/heads/any') && started(null, 'refs/tags/any'))
  assert.ok(started({ branches: ['main'] }, 'refs/heads/main'))
  assert.ok(!started({ branches: ['main'] }, 'refs/heads/other'))
  assert.ok(!started({ branches: ['main'] }, 'refs/tags/main'))
  assert.ok(started({ tags: ['v*'] }, 'refs/tags/v1.0.0'))
  assert.ok(!started({ tags: ['v*'] }, 'refs/tags/v1/2'))
  assert.ok(!started({ tags: ['v*'] }, 'refs/heads/v1'))
  assert.ok(started({ branches: ['releases/**', '!releases/**-alpha'] }, 'refs/heads/releases/a/b'))
  assert.ok(!started({ branches: ['releases/**', '!releases/**-alpha'] }, 'refs/heads/releases/a-alpha'))
  assert.ok(!started({ 'branches-ignore': ['main'] }, 'refs/heads/main'))
  assert.ok(started({ 'branches-ignore': ['main'], tags: ['v*'] }, 'refs/heads/other'))
  assert.throws(() => started({ paths: ['a'] }, 'refs/heads/main'), /on\.push\.paths is not played here/)
})

test('a pull request, a merge group and the end of a run start by their kind', () => {
  const pull = (action: string): Happening => ({ name: 'pull_request', ref: 'main', action })
  assert.ok(starts(on({ pull_request: null }), pull('synchronize')))
  assert.ok(!starts(on({ pull_request: null }), pull('closed')))
  assert.ok(starts(on({ pull_request: { types: ['closed'], branches: ['main'] } }), pull('closed')))
  assert.ok(!starts(on({ pull_request: { branches: ['other'] } }), pull('opened')))
  assert.ok(starts(on({ merge_group: null }), { name: 'merge_group', ref: 'refs/heads/q', action: 'checks_requested' }))
  const run = (workflow: string): Happening => ({ name: 'workflow_run', ref: 'x', action: 'completed', workflow })
  assert.ok(starts(on({ workflow_run: { workflows: ['a'], types: ['completed'] } }), run('a')))
  assert.ok(!starts(on({ workflow_run: { workflows: ['a'], types: ['requested'] } }), run('a')))
  assert.ok(!starts(on({ workflow_run: { workflows: ['a'] } }), run('b')))
  assert.ok(!starts(on({ push: null }), run('a')))
})

test('what jobs said is put into expressions, and nowhere else', () => {
  const needs = { a: { result: 'success', outputs: { x: `'}} \${{` } } } as const
  const said = `fromJSON('{ "a": { "result": "success", "outputs": { "x": "\\u0027\\u007d\\u007d \\u0024\\u007b\\u007b" } } }')`
  assert.equal(
    sayNeeds(`needs \${{ needs.a.outputs.x == 'needs' }} needs`, needs),
    `needs \${{ ${said}.a.outputs.x == 'needs' }} needs`,
  )
  assert.equal(
    sayNeeds(`\${{ github.needs || my-needs || needs_ }}`, needs),
    `\${{ github.needs || my-needs || needs_ }}`,
  )
  assert.equal(sayNeedsInIf('needs.a.result', needs), `${said}.a.result`)
  assert.match(sayNeedsInIf(`contains(needs.*.result, 'x')`, needs), /^contains\(fromJSON\('\[.*\]'\)\.result, 'x'\)$/)
  assert.deepEqual(expressionsIn(`a \${{ b == '}}' }} c \${{ d }}`), ["b == '}}'", 'd'])
  assert.equal(literal(`a'b`), `fromJSON('"a\\u0027b"')`)
})

test('the condition of a job has its status functions answered, and success() in front without one', () => {
  const status = { success: false, failure: true, cancelled: false }
  assert.equal(conditionOf('a == 1', status), 'false && (a == 1)')
  assert.equal(conditionOf(`\${{ !cancelled() && a }}`, status).trim(), '!false && a')
  assert.equal(conditionOf(`failure() && a == 'success()'`, status), `true && a == 'success()'`)
  assert.equal(conditionOf('always()', status), 'true')
})

test('a matrix is combined, excluded from and added to as on GitHub', () => {
  assert.deepEqual(combinationsOf(null), [undefined])
  const matrix = { fruit: ['apple', 'pear'], animal: ['cat', 'dog'] }
  const include = [
    { color: 'green' },
    { color: 'pink', animal: 'cat' },
    { fruit: 'apple', shape: 'circle' },
    { fruit: 'banana' },
    { fruit: 'banana', animal: 'cat' },
  ]
  assert.deepEqual(combinationsOf({ ...matrix, include }), [
    { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
    { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
    { fruit: 'pear', animal: 'cat', color: 'pink' },
    { fruit: 'pear', animal: 'dog', color: 'green' },
    { fruit: 'banana' },
    { fruit: 'banana', animal: 'cat' },
  ])
  assert.equal(combinationsOf({ ...matrix, exclude: [{ fruit: 'pear' }] }).length, 2)
  assert.deepEqual(combinationsOf({ include: [{ a: 1 }] }), [{ a: 1 }])
  assert.equal(nameOf('job', { a: 1, b: 'x' }), 'job (1, x)')
  assert.equal(
    matrixQuestion({ a: [1, `\${{ x }}`], b: `\${{ y }}` }),
    `{"a":[1,\${{ toJSON( x ) }}],"b":\${{ toJSON( y ) }}}`,
  )
})

test("a job's permissions stand in place of the workflow's; a fork's token reads", () => {
  assert.deepEqual(permissionsOf({ contents: 'write' }, { actions: 'read' }, false), { contents: 'write' })
  assert.deepEqual(permissionsOf(undefined, {}, false), {})
  assert.deepEqual(permissionsOf(undefined, undefined, false), { contents: 'read', packages: 'read' })
  assert.deepEqual(permissionsOf({ contents: 'write', 'id-token': 'write', issues: 'none' }, {}, true), {
    contents: 'read',
  })
  assert.equal(permissionsOf('read-all', {}, false)['id-token'], undefined)
  assert.throws(() => permissionsOf({ content: 'read' }, {}, false), /content: read is nothing that GitHub knows/)
})

test('a secret is found and masked also where it is encoded', () => {
  const secrets = { A: 'a very "secret" value', NONE: '' }
  const basic = Buffer.from(`x-access-token:${secrets.A}`).toString('base64')
  for (const text of [secrets.A, JSON.stringify(secrets.A), basic, encodeURIComponent(secrets.A)]) {
    assert.deepEqual(leaksIn(`x ${text} y`, secrets), ['A'])
    assert.deepEqual(leaksIn(mask(`x ${text} y`, secrets, []), secrets), [])
  }
  assert.deepEqual(leaksIn('nothing', secrets), [])
  assert.equal(mask('a more b', secrets, ['more']), 'a *** b')
})
