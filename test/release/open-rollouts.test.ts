import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { execa } from 'execa'
import { type EntryKind, entryMessage } from '../../pipeline/release/trailers.ts'

const script = join(import.meta.dirname, '../../.github/look-for-open-rollouts.sh')
const dir = await mkdtemp(join(tmpdir(), 'mergeline-look-'))
after(() => rm(dir, { recursive: true }))
const who = ['-c', 'user.name=T', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false']
const git = async (...words: string[]) => (await execa('git', [...who, ...words], { cwd: dir })).stdout

/** Writes an entry to what the checkout calls origin/releases. */
async function write(environment: string, kind: EntryKind, more: Parameters<typeof entryMessage>[4] = []) {
  const file = join(dir, 'environments', environment, 'release.yaml')
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, `commit: ${'a'.repeat(40)}\nrehearsal: ${environment !== 'eu'}\n`)
  await git('add', '.')
  await git('commit', '--quiet', '--allow-empty', '-m', entryMessage(environment, kind, `a ${kind}`, [], more))
  await git('update-ref', 'refs/remotes/origin/releases', 'HEAD')
  return git('rev-parse', 'HEAD')
}

async function look(): Promise<unknown> {
  const output = join(dir, '..', `${Date.now()}-output`)
  await writeFile(output, '')
  await execa('bash', ['-o', 'pipefail', script], { cwd: dir, env: { GITHUB_OUTPUT: output } })
  const [, list = ''] = /^open=(.*)\n$/.exec(await readFile(output, 'utf8')) ?? []
  await rm(output)
  return JSON.parse(list)
}

test('look-for-open-rollouts.sh: what was begun and not ended, by environment and what GitHub calls it', async () => {
  await git('init', '--quiet')
  assert.deepEqual(await look(), [], 'no ledger')
  const staged = await write('staging', 'release')
  assert.deepEqual(await look(), [{ environment: 'staging', name: 'staging' }])
  await write('staging', 'promote', [['promotes', staged]])
  assert.deepEqual(await look(), [], 'promoted')

  await write('production', 'request', [['request', 'github-1']])
  assert.deepEqual(await look(), [], 'asked for, and not begun')
  const released = await write('production', 'release', [['request', 'github-1']])
  const other = await write('eu', 'release')
  await write('production', 'resume', [['resumes', released]])
  const rehearsal = { environment: 'production', name: 'production-rehearsal' }
  assert.deepEqual(await look(), [{ environment: 'eu', name: 'eu' }, rehearsal])
  await write('eu', 'revert', [['reverts', other]])
  assert.deepEqual(await look(), [rehearsal], 'taken back')
  await write('production', 'release')
  await write('production', 'supersede', [['supersedes', released]])
  assert.deepEqual(await look(), [rehearsal], 'the newer one is open')
})

test('look-for-open-rollouts.sh: an environment with a name that is none is not told to the workflow', async () => {
  await git('checkout', '--quiet', '--orphan', 'other')
  await git(
    ...['commit', '--quiet', '--allow-empty', '-m'],
    `x\n\nMergeline-Environment: x"},{"name":"y\nMergeline-Entry: release\n`,
  )
  await git('update-ref', 'refs/remotes/origin/releases', 'HEAD')
  assert.deepEqual(await look(), [])
})
