import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { revertRelease } from '../../pipeline/release/decided.ts'
import { git } from '../../pipeline/release/git.ts'
import { makeRepository, recordRelease, releaseOf } from '../release/repository.ts'

const here = join(import.meta.dirname, '../..')
for (const level of ['GLOBAL', 'SYSTEM']) process.env[`GIT_CONFIG_${level}`] = '/dev/null'
const ada = { NAME: 'Ada Example', EMAIL: 'ada@example.org' }
const named = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((who) => Object.entries(ada).map(([what, value]) => [`GIT_${who}_${what}`, value])),
)

test('who lifts a hold is who git says, by variables too; where git cannot say, that is told with its cure', async () => {
  await using repository = await makeRepository({ identity: false })
  const { root, commit } = repository
  // The command line is its repository's: it works on the tree that it lies in.
  for (const part of ['pipeline', 'package.json']) cpSync(join(here, part), join(root, part), { recursive: true })
  symlinkSync(join(here, 'node_modules'), join(root, 'node_modules'))
  const lift = (env: object) =>
    spawnSync(process.execPath, ['pipeline/cli.ts', 'lift', '--digest', 'sha256:b', '--why', 'mended'], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, ...env },
    })
  const unnamed = lift({})
  assert.equal(unnamed.status, 2)
  assert.match(unnamed.stderr, /git has no identity .*git config user\.name/)

  Object.assign(process.env, named)
  const [good, bad] = [releaseOf('a', commit), releaseOf('b', commit, 2)]
  await recordRelease(root, 'production', good)
  const second = await recordRelease(root, 'production', bad)
  const evidence = { why: 'predictions shifted', lines: [] }
  await revertRelease(root, 'production', second, {
    back: good,
    hold: true,
    evidence,
    since: '2026-11-21T02:00:00.000Z',
  })
  const lifted = lift(named)
  assert.equal(lifted.status, 0, lifted.stderr)
  assert.match(
    await git(root, ['log', '-1', '--format=%B', 'releases']),
    /Ada Example(?! <)[\s\S]*mended|mended[\s\S]*Ada Example(?! <)/,
  )
})
