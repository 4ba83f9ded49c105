// What the set-up action keeps between jobs, played with its own steps: a job that needs no data must not keep the others from keeping theirs.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'

type Step = {
  readonly name: string
  readonly if?: string
  readonly uses?: string
  readonly with?: { readonly path: string; readonly key: string; readonly 'restore-keys': string }
}
type Job = { readonly tools: boolean; readonly ref: string; readonly pulls?: boolean }

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8')
const { runs } = parse(read('../../.github/actions/setup/action.yml')) as { runs: { steps: readonly Step[] } }
const standIn = join(import.meta.dirname, 'stand-ins/actions-cache')

/** The steps of the action that keep something, in a job with these inputs. */
const cachesOf = ({ tools }: Job) =>
  runs.steps.filter(
    ({ uses, if: condition }) => uses?.startsWith('actions/cache@') && (tools || !condition?.includes('inputs.tools')),
  )

/** A job on a fresh machine: what it finds, what it then downloads, what it keeps. The tree is the same each time, so what a key hashes may stand as it is. */
function play(caches: string, job: Job): { found: string[] } {
  const dir = mkdtempSync(join(tmpdir(), 'mergeline-cache-'))
  const [home, workspace] = [join(dir, 'home'), join(dir, 'work')]
  const steps = cachesOf(job).map((step, index) => ({ ...step, state: join(dir, `state-${index}`) }))
  const half = (script: string, { with: inputs, state }: (typeof steps)[number]) => {
    const hit = existsSync(state) ? /hit=(.*)/.exec(readFileSync(state, 'utf8'))?.[1] : ''
    const env = {
      ...{ HOME: home, GITHUB_WORKSPACE: workspace, GITHUB_REF: job.ref, MERGELINE_TEST_CACHES: caches },
      ...{ GITHUB_OUTPUT: join(dir, 'output'), GITHUB_STATE: state, STATE_hit: hit },
      ...{ INPUT_PATH: inputs?.path, INPUT_KEY: inputs?.key, 'INPUT_RESTORE-KEYS': inputs?.['restore-keys'] },
    }
    const { status, stderr } = spawnSync(process.execPath, [join(standIn, script)], { env, encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  }
  try {
    for (const path of [home, workspace]) mkdirSync(path)
    for (const step of steps) half('restore.mjs', step)
    const kept = { packages: join(home, '.npm'), data: join(workspace, '.dvc/cache') }
    const found = Object.entries(kept).flatMap(([what, path]) => (existsSync(path) ? [what] : []))
    for (const path of [kept.packages, ...(job.pulls ? [kept.data] : [])]) {
      mkdirSync(path, { recursive: true })
      writeFileSync(join(path, 'file'), 'x')
    }
    for (const step of steps) half('save.mjs', step)
    return { found }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

test("after main's report, which needs no data, a pull request finds the packages and keeps its data for its next run", () => {
  const caches = mkdtempSync(join(tmpdir(), 'mergeline-caches-'))
  const pull = { tools: true, ref: 'refs/pull/1/merge', pulls: true }
  try {
    assert.deepEqual(play(caches, { tools: false, ref: 'refs/heads/main' }).found, [])
    assert.deepEqual(play(caches, pull).found, ['packages'])
    assert.deepEqual(play(caches, pull).found, ['packages', 'data'])
    assert.deepEqual(play(caches, { ...pull, ref: 'refs/pull/2/merge' }).found, ['packages'])
  } finally {
    rmSync(caches, { recursive: true })
  }
})

test('data of another data.dvc are another cache, and no job that releases takes any', () => {
  const steps = cachesOf({ tools: true, ref: '' })
  assert.deepEqual(
    steps.map((step) => [step.with?.path, /'data\.dvc'/.test(step.with?.key ?? '')]),
    [
      ['~/.npm', false],
      ['.dvc/cache', true],
    ],
  )
  for (const step of steps) assert.match(step.if ?? '', /^inputs\.cache == 'true'/)
})
