import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
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
  await git('commit', '--quiet', '--allow-empty', '-m', entryMessage(environment, kind, `a ${kind}`, [], more))
  await git('update-ref', 'refs/remotes/origin/releases', 'HEAD')
  return git('rev-parse', 'HEAD')
}

/** The policies of main, as they are checked out. */
async function decideOn(environment: string, text: string) {
  await mkdir(join(dir, 'environments', environment), { recursive: true })
  await writeFile(join(dir, 'environments', environment, 'environment.yaml'), text)
}

/** GitHub, which tells of runs; those in `living` go on. */
const living = new Set<string>()
const server = createServer((request, response) => {
  const [, run, attempt] = /^\/repos\/acme\/shop\/actions\/runs\/(\d+)\/attempts\/(\d+)$/.exec(request.url ?? '') ?? []
  response.end(JSON.stringify({ status: living.has(`github:${run}:${attempt}`) ? 'in_progress' : 'completed' }))
})
await once(server.listen(0, '127.0.0.1'), 'listening')
after(() => server.close())
const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

async function look(): Promise<unknown> {
  const output = join(dir, '..', `${Date.now()}-output`)
  await writeFile(output, '')
  const env = { GITHUB_OUTPUT: output, GITHUB_API_URL: api, GITHUB_REPOSITORY: 'acme/shop', GH_TOKEN: 'token' }
  await execa('bash', ['-o', 'pipefail', script], { cwd: dir, env })
  const [, list = ''] = /^open=(.*)\n$/.exec(await readFile(output, 'utf8')) ?? []
  await rm(output)
  return JSON.parse(list)
}

test('look-for-open-rollouts.sh: what was begun and not ended, by environment and what GitHub calls it', async () => {
  await git('init', '--quiet')
  await decideOn('base', 'target: host\nhost:\n  launcher: process\n')
  for (const environment of ['staging', 'production']) await decideOn(environment, 'host:\n  port: 1\n')
  await decideOn('eu', 'host:\n  launcher: docker\n')
  assert.deepEqual(await look(), [], 'no ledger')
  const staged = await write('staging', 'release')
  assert.deepEqual(await look(), [{ environment: 'staging', name: 'staging' }])
  await write('staging', 'promote', [['promotes', staged]])
  assert.deepEqual(await look(), [], 'promoted')

  await write('production', 'request', [['request', 'github-1']])
  assert.deepEqual(await look(), [], 'asked for, and not begun')
  const released = await write('production', 'release', [
    ['holder', 'github:1:1'],
    ['request', 'github-1'],
  ])
  const other = await write('eu', 'release')
  const rehearsal = { environment: 'production', name: 'production-rehearsal' }
  assert.deepEqual(await look(), [{ environment: 'eu', name: 'eu' }, rehearsal])
  await write('eu', 'revert', [['reverts', other]])
  assert.deepEqual(await look(), [rehearsal], 'taken back')
  await write('production', 'release')
  await write('production', 'supersede', [['supersedes', released]])
  assert.deepEqual(await look(), [rehearsal], 'the newer one is open')
  await write('gone', 'release')
  assert.deepEqual(await look(), [rehearsal], 'an environment that main does not have is not carried on')
})

test('look-for-open-rollouts.sh: while its job works, nobody carries it on', async () => {
  await git('checkout', '--quiet', '--orphan', 'living')
  const released = await write('staging', 'release', [['holder', 'github:7:1']])
  living.add('github:7:1')
  assert.deepEqual(await look(), [])
  await write('staging', 'resume', [
    ['resumes', released],
    ['holder', 'github:8:2'],
  ])
  assert.deepEqual(await look(), [{ environment: 'staging', name: 'staging' }], 'who took it over last has ended')
  living.add('github:8:2')
  living.delete('github:7:1')
  assert.deepEqual(await look(), [])
})

test('look-for-open-rollouts.sh: a tag with the name of the ledger is not the ledger, and a broken repository is no quiet one', async () => {
  living.clear()
  const open = [{ environment: 'staging', name: 'staging' }]
  assert.deepEqual(await look(), open)
  const empty = await git('commit-tree', '-m', 'x', await git('hash-object', '-t', 'tree', '-w', '/dev/null'))
  await git('tag', 'origin/releases', empty)
  assert.deepEqual(await look(), open)
  const tip = await git('rev-parse', 'refs/remotes/origin/releases')
  const object = join(dir, '.git/objects', tip.slice(0, 2), tip.slice(2))
  const content = await readFile(object)
  await rm(object)
  await assert.rejects(look())
  await writeFile(object, content)
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
