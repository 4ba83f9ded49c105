import assert from 'node:assert/strict'
import { test } from 'node:test'
import { git } from '../github/git/command.ts'
import { checkout, conclusions, press, smallWorld } from './small.ts'

const push = `
      - ${checkout}
      - env: { TOKEN: '\${{ github.token }}' }
        run: |
          git -c user.name=x -c user.email=x@x commit --quiet --allow-empty -m more
          git -c "http.extraheader=AUTHORIZATION: basic $(printf 'x-access-token:%s' "$TOKEN" | base64 -w0)" push --quiet origin HEAD:refs/heads/other`

const ask = (path: string) => `
      - env: { TOKEN: '\${{ secrets.GITHUB_TOKEN }}' }
        run: |
          curl --silent --show-error --fail -H "authorization: Bearer $TOKEN" "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/${path}"`

test('a job may do what its own permissions say, and nothing of what the workflow grants to others', async () => {
  await using world = await smallWorld(`
jobs:
  may:
    runs-on: ubuntu-24.04
    permissions: { contents: write }
    steps:${push}
  may-not:
    runs-on: ubuntu-24.04
    permissions: { contents: read }
    steps:${push.replace('other', 'another')}
  may-ask:
    runs-on: ubuntu-24.04
    permissions: { actions: read }
    steps:${ask('actions/artifacts')}
  may-not-ask:
    runs-on: ubuntu-24.04
    permissions: {}
    steps:${ask('actions/artifacts')}
  of-the-workflow:
    runs-on: ubuntu-24.04
    steps:${ask('actions/artifacts')}
`)
  const run = await press(world)
  assert.deepEqual(conclusions(run), {
    may: 'success',
    'may-not': 'failure',
    'may-ask': 'success',
    'may-not-ask': 'failure',
    'of-the-workflow': 'failure',
  })
  assert.match(run.jobs['may-not']?.log ?? '', /403/)
  assert.match(run.jobs['may-not-ask']?.log ?? '', /403/)
  assert.equal(
    await git(world.github.origin, ['for-each-ref', '--format=%(refname)', 'refs/heads']),
    'refs/heads/main\nrefs/heads/other',
  )
})

test('a checkout leaves no credentials where it is told so, else the token that the job has', async () => {
  await using world = await smallWorld(`
jobs:
  job:
    runs-on: ubuntu-24.04
    permissions: { contents: read }
    steps:
      - ${checkout}
      - run: '! git config --get-regexp extraheader && git rev-list --count HEAD'
  kept:
    runs-on: ubuntu-24.04
    permissions: { contents: read }
    steps:
      - uses: actions/checkout@main
      - run: git config --get-regexp extraheader && test "$(git rev-list --count HEAD)" = 1
`)
  await world.user.git('commit', '--quiet', '--allow-empty', '-m', 'second')
  await world.user.git('push', '--quiet', 'origin', 'main')
  const run = await press(world)
  assert.deepEqual(conclusions(run), { job: 'success', kept: 'success' })
  assert.match(run.jobs['job']?.log ?? '', /^2$/m)
  assert.match(run.jobs['kept']?.log ?? '', /basic \S*\*\*\*/)
  assert.deepEqual([run.jobs['job']?.leaks, run.jobs['kept']?.leaks], [[], ['GITHUB_TOKEN']])
})

test('a private repository is not to be had without permission; the token ends with the run', async () => {
  await using world = await smallWorld(
    `
jobs:
  job:
    runs-on: ubuntu-24.04
    outputs: { reversed: '\${{ steps.token.outputs.reversed }}' }
    steps:
      - id: token
        run: echo "reversed=$(echo '\${{ github.token }}' | rev)" >> "$GITHUB_OUTPUT"
      - ${checkout}
`,
    { private: true },
  )
  const run = await press(world)
  assert.deepEqual(
    run.jobs['job']?.steps.map(({ conclusion }) => conclusion),
    ['success', 'failure'],
  )
  const token = run.jobs['job']?.outputs['reversed']?.split('').reverse().join('') ?? ''
  const { status } = await fetch(`${world.github.apiUrl}/repos/acme/ice-cream/pulls`, {
    headers: { authorization: `Bearer ${token}` },
  })
  assert.equal(status, 401)
})
