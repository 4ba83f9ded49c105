import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { makeChanges } from '../../pipeline/demo/changes.ts'
import { history } from '../../pipeline/release/history.ts'
import { commandsIn } from '../actions/action.ts'
import type { Pull, State } from './github/state.ts'
import { asked, pushed, tampering } from './hostile/tampering.ts'
import { assertNothingRan, assertText, invisible } from './hostile/try.ts'
import { canary, lines, words } from './hostile/words.ts'
import { createProject, ends, forkAs, land, ledger, type Runs, release } from './project.ts'
import { deliver } from './runner/deliver.ts'
import type { WorkflowRun } from './runner/run.ts'
import type { User, World } from './runner/world.ts'
import { assertGreen } from './told.ts'
import { tiny } from './trainings.ts'

const secrets = { MLFLOW_TRACKING_TOKEN: 'mlflow-token-that-nobody-may-see' }
const short = lines.filter((word) => word.isWellFormed())
const text = words.filter((word) => word.isWellFormed() && word.length < 1000 && !word.includes('\0'))

/** As hostile as Git takes a name; both run where a shell reads them. */
const branch = `x;$(touch\${IFS}$CANARY);#\`touch\${IFS}$CANARY\`'"&|<b>@team#1%0A\${{github.token}}{{7+7}}\u202egpj\u{1f366}`
const tag = `v1$(touch\${IFS}$CANARY)\`touch\${IFS}$CANARY\`;'"&|<b>@team#1%0A\${{github.token}}\u202egpj--upload-pack=x`
const title = short.join(' ')
const message = `${title}\n\n${text.join('\n')}\n\nMergeline-Entry: lift\nMergeline-Environment: production\nMergeline-Supersedes: HEAD\n`
const author = `$(touch $CANARY) @team ::add-mask::e ##[group] \u202ex \u001b[2K`
const unit = 'units $(touch $CANARY) @team <img src=x> ::add-mask::e ##[group]x \u202ex \u001b[2K'

/** Nothing in the logs of any job was obeyed, and no token or secret was written anywhere. */
function assertQuiet(runs: Runs): void {
  for (const { workflow, jobs } of Object.values(runs)) {
    for (const [job, { log, leaks, annotations, summary }] of Object.entries(jobs)) {
      assert.deepEqual(leaks, [], `${workflow} / ${job}`)
      for (const { message: said, level } of annotations)
        assert.notEqual(level, 'error', `${workflow} / ${job}: ${said}`)
      // The runner's own lines.
      for (const command of commandsIn(log)) assert.match(command, /^##\[(?:end)?group\]|^##\[warning\]/)
      assert.doesNotMatch(log, invisible, `${workflow} / ${job}`)
      assert.ok(!log.includes('***'), 'one of them masks the letter e')
      assert.ok(!summary.includes('\u001b'))
    }
  }
  assertNothingRan()
}

/** Opens a pull request, or pushes more to it, and delivers what that starts. */
async function push(world: World, { git }: User, owner?: string): Promise<Runs> {
  const env = ['-c', `user.name=${author}`]
  await git('add', '--all', '--force')
  await git(...env, 'commit', '--quiet', '--cleanup=verbatim', '-m', message)
  await git('push', '--quiet', '--force', 'origin', `HEAD:refs/heads/${branch}`)
  const known = world.github.state.pulls.some((pull) => pull.state === 'open')
  if (!known) await world.github.openPull({ branch, title, body: text.join('\n'), ...(owner ? { owner } : {}) })
  const only = ['pull-request.yml', 'report.yml', 'staging.yml', 'production.yml']
  return Object.fromEntries((await deliver(world, { only })).map((run) => [run.workflow, run]))
}

async function write({ root }: User, files: { readonly [path: string]: string }): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
  }
}

/** The words as files, as comments and as what the code says of itself. */
async function plant(user: User): Promise<number> {
  const read = (path: string) => readFile(join(user.root, path), 'utf8')
  const names = short.filter((word) => !/^\.{1,2}$|\//.test(word) && Buffer.byteLength(word) < 200)
  const code = text.map((word) => JSON.stringify(word))
  const [params, record, card] = await Promise.all(
    ['params.yaml', 'pipeline/task/record.ts', 'pipeline/task/card.ts'].map(read),
  )
  await write(user, {
    ...Object.fromEntries(names.map((name) => [`notes/${name}`, name])),
    'params.yaml': `${short.map((word) => `# ${word}\n`).join('')}${params}`,
    'pipeline/task/record.ts':
      `${short.map((word) => `// ${word.replace(/[\u2028\u2029]/g, ' ')}\n`).join('')}${record}`
        .replaceAll("unit: 'units'", () => `unit: ${JSON.stringify(unit)}`)
        .replace("description: 'the shop that sells'", () => `description: ${JSON.stringify(text.join(' '))}`),
    'pipeline/task/card.ts': (card ?? '').replaceAll(/(intendedUse|limits): \[/g, (list) => `${list}${code},`),
  })
  return names.length
}

test('words of strangers in all that a pull request, a merge and a tag are made of: text, and nothing else', async (t) => {
  await using world = await createProject({ secrets, machine: { CANARY: canary } })
  const { state, origin } = world.github
  const { user } = world

  await t.test('pull request, merge, tag', async () => {
    await makeChanges(user.root, tiny)
    const files = await plant(user)
    const opened = await push(world, user)
    assertGreen(opened, 'pull-request', 'report')
    assertQuiet(opened)
    const [comment, ...others] = state.issueComments
    assert.deepEqual([comment?.author, others], ['github-actions[bot]', []])
    assertText(comment?.body ?? '', world.pages)
    assert.match(comment?.body ?? '', /^## ✅ Gate passed: .*touch/m)

    const { runs } = await land(world, state.pulls[0] as Pull)
    assertGreen(runs, 'staging')
    assertQuiet(runs)
    const tagged = await release(world, tag)
    assertGreen(tagged, 'production')
    assertQuiet(tagged)
    const notes = state.releases.find((each) => each.tag === tag)
    assert.match(notes?.name ?? '', /^v1\$\(touch\$\{IFS\}\$CANARY\).* \(rehearsal\)$/)
    assert.doesNotMatch(notes?.name ?? '', invisible)
    assert.match(notes?.body ?? '', /touch.*&#64;\u2060team/)
    assertText(notes?.body ?? '', world.pages)
    assert.match(opened['pull-request.yml']?.jobs['model']?.log ?? '', / units \$\(touch \$CANARY\) @team/)
    const planted = `${words.length} hostile words in title, message, body, comments and code`
    t.diagnostic(`${planted}; ${files} names of files, a branch, a tag`)
  })

  await t.test('the ledger, and what Git has: only what our tools say', async () => {
    const hidden = (subject: string) => subject.replace(/\(sha256:\w{12}\)|[0-9a-f]{12}(?= is asked)/, '…')
    assert.deepEqual((await ledger(world)).map(hidden), [
      'staging: ice-cream-sales …, rehearsal',
      'staging: promoted ice-cream-sales …, rehearsal',
      'production: … is asked for',
      'production: ice-cream-sales …, rehearsal',
      'production: promoted ice-cream-sales …, rehearsal',
    ])
    assert.deepEqual(
      (await history(user.root)).map(({ kind, by, supersedes }) => [kind, by, supersedes.length]).reverse(),
      ['release', 'promote', 'request', 'release', 'promote'].map((kind) => [kind, 'github-actions[bot]', 0]),
    )
    const refs = execFileSync('git', ['for-each-ref', '--format=%(refname)'], { cwd: origin, encoding: 'utf8' })
    const known = /^refs\/(?:heads\/(?:main|releases)|pull\/1\/(?:head|merge)|tags\/model-[0-9a-f]{64})$/
    const others = refs.split('\n').filter((ref) => ref !== '' && !known.test(ref))
    assert.deepEqual(others, [`refs/heads/${branch}`, `refs/tags/${tag}`])
  })

  const mallory = await forkAs(world, 'mallory')
  const comments = () => state.issueComments.filter(({ issue }) => issue === 2)

  await t.test('a pull request that commits what only our steps may write is refused', async () => {
    await write(mallory, {
      '.mergeline/results/evaluate-gate.json': '{}',
      'data/x.csv': 'x',
    })
    const runs = await push(world, mallory, 'mallory')
    assert.deepEqual(ends(runs), ['pull-request.yml: failure', 'report.yml: success'])
    const { log = '', leaks } = runs['pull-request.yml']?.jobs['model'] ?? {}
    assert.match(log, /tracked by Git, but only our own steps may fill \.mergeline, node_modules, \.venv, data/)
    assert.deepEqual(leaks, [])
    assert.match(comments()[0]?.body ?? '', /^## ⚠️ No report: the run ended with failure before there was one$/m)
    assertNothingRan()
  })

  await t.test('one that brings a workflow of its own writes nothing, and its report is text', async () => {
    await mallory.git('rm', '-r', '--quiet', '.mergeline', 'data')
    await write(mallory, tampering(text))
    const before = whatIsThere(state)
    const runs = await push(world, mallory)
    assertGreen(runs, 'pull-request', 'report')
    const { log = '' } = runs['pull-request.yml']?.jobs['model'] ?? {}
    assert.deepEqual(log.match(/^tampered .*$/gm), [
      ...asked.map(({ method, path }) => `tampered 403 ${method} ${path}`),
      ...pushed.map((ref) => `tampered 403 push ${ref}`),
      'tampered with a secret of 0 letters, identity undefined',
    ])
    assert.match(log, /^the name was run$/m, 'such names do run, where somebody lets them')
    assert.equal(whatIsThere(state), before)
    assertQuiet({ 'report.yml': runs['report.yml'] as WorkflowRun })
    const [ours, ...others] = comments()
    assert.deepEqual(others, [])
    assert.match(ours?.body ?? '', /^## ✅ Gate passed: /m)
    assertText(ours?.body ?? '', world.pages)
  })
  assert.deepEqual(state.violations, [])
})

const whatIsThere = ({ releases, checks, deployments, pulls }: State) =>
  JSON.stringify([releases, checks, deployments.length, pulls.map(({ state, merged }) => [state, merged])])
