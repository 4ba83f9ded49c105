import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkout, conclusions, press, smallWorld } from './small.ts'

const hostile = `it's }} \${{ github.token }} "q" \\ {0} $(id) \`id\``

test('what a job puts out reaches the jobs that need it as it is, whatever it holds', async () => {
  await using world = await smallWorld(
    `
jobs:
  first:
    runs-on: ubuntu-24.04
    permissions: { contents: read }
    outputs:
      value: \${{ steps.say.outputs.value }}
      lines: \${{ steps.say.outputs.lines }}
    steps:
      - ${checkout}
      - id: say
        uses: ./say
  second:
    needs: first
    name: after \${{ needs.first.result }}
    if: needs.first.outputs.value != ''
    runs-on: ubuntu-24.04
    outputs: { value: '\${{ steps.repeat.outputs.value }}' }
    env: { VALUE: '\${{ needs.first.outputs.value }}', LINES: '\${{ needs.first.outputs.lines }}' }
    steps:
      - id: repeat
        run: |
          printf '%s\\n' "value=$VALUE" >> "$GITHUB_OUTPUT"
          printf '%s\\n' "$LINES"
  third:
    needs: [first, second]
    if: contains(needs.*.result, 'failure') || needs.second.outputs.value == 'other'
    runs-on: ubuntu-24.04
    steps: [{ run: exit 1 }]
`,
    { files: { 'say/action.yml': say, 'say/main.mjs': main } },
  )
  const run = await press(world)
  assert.deepEqual(conclusions(run), { first: 'success', second: 'success', third: 'skipped' })
  assert.deepEqual(run.jobs['first']?.outputs, { value: hostile, lines: 'one\n\n  two' })
  assert.equal(run.jobs['second']?.outputs['value'], hostile)
  assert.match(run.jobs['second']?.log ?? '', /^one\n\n {2}two$/m)
  assert.deepEqual(
    world.github.state.jobs.map(({ name, conclusion }) => [name, conclusion]),
    [
      ['first', 'success'],
      ['after success', 'success'],
      ['third', 'skipped'],
    ],
  )
})

const say = `name: say
description: says
runs: { using: node24, main: main.mjs }
`
const main = `import { appendFileSync } from 'node:fs'
const { GITHUB_OUTPUT } = process.env
appendFileSync(GITHUB_OUTPUT, ${JSON.stringify(`value=${hostile}\nlines<<end\none\n\n  two\nend\n`)})
`

test('summary, annotations, groups and steps are those that GitHub shows', async () => {
  await using world = await smallWorld(`
jobs:
  job:
    runs-on: ubuntu-24.04
    steps:
      - name: Writes
        run: |
          echo '# One' >> "$GITHUB_STEP_SUMMARY"
          echo '::warning file=a.ts,line=3,title=Title::message%0Amore'
          echo '::group::Detail'; echo inside; echo '::endgroup::'
          test ! -t 1 || exit 1
      - id: more
        run: echo '# Two' >> "$GITHUB_STEP_SUMMARY"; head -c 1100000 /dev/zero | tr '\\0' x >> "$GITHUB_STEP_SUMMARY"
      - if: false
        run: exit 1
      - id: bad
        run: exit 3
      - run: exit 1
      - if: failure()
        run: echo '# Three' >> "$GITHUB_STEP_SUMMARY"
`)
  const { job } = (await press(world)).jobs
  assert.equal(job?.conclusion, 'failure')
  assert.deepEqual(
    job.steps.map(({ conclusion }) => conclusion),
    ['success', 'success', 'skipped', 'failure', 'skipped', 'success'],
  )
  assert.equal(job.steps[0]?.name, 'Writes')
  assert.equal(job.summary, '# One\n\n# Three\n')
  const [warning, tooLong] = job.annotations
  assert.deepEqual(warning, { level: 'warning', message: 'message\nmore', title: 'Title', file: 'a.ts', line: 3 })
  assert.match(tooLong?.message ?? '', /GITHUB_STEP_SUMMARY upload aborted/)
  assert.match(job.log, /##\[group\]Detail\ninside\n##\[endgroup\]/)
})

test('a matrix is a job for each combination', async () => {
  await using world = await smallWorld(`
jobs:
  list:
    runs-on: ubuntu-24.04
    outputs: { all: '\${{ steps.all.outputs.all }}' }
    steps: [{ id: all, run: 'echo ''all=["a", "b"]'' >> "$GITHUB_OUTPUT"' }]
  each:
    needs: list
    strategy:
      fail-fast: false
      matrix: { name: '\${{ fromJSON(needs.list.outputs.all) }}', number: [1, 2], exclude: [{ name: a, number: 1 }], include: [{ name: b, more: yes }] }
    runs-on: ubuntu-24.04
    steps:
      - run: test '\${{ matrix.name }}\${{ matrix.number }}\${{ matrix.more }}' != b2yes
  after:
    needs: each
    if: always()
    runs-on: ubuntu-24.04
    steps: [{ run: 'test \${{ needs.each.result }} = failure' }]
`)
  assert.deepEqual(conclusions(await press(world)), {
    list: 'success',
    'each (a, 2)': 'success',
    'each (b, 1, yes)': 'success',
    'each (b, 2, yes)': 'failure',
    after: 'success',
  })
})
