import assert from 'node:assert/strict'
import files, { chmod, mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'
import { InputError } from '../../pipeline/errors.ts'
import { loadEnvironment } from '../../pipeline/release/environment.ts'
import { git } from '../../pipeline/release/git.ts'
import { history } from '../../pipeline/release/history.ts'
import { processHolder, works } from '../../pipeline/release/holder.ts'
import { machineOf } from '../../pipeline/release/machine.ts'
import type { OpenRelease } from '../../pipeline/release/queue.ts'
import { requestRelease } from '../../pipeline/release/request.ts'
import { environmentsHere } from '../../pipeline/release/stop.ts'
import { temporaryFolder } from '../serve/helper.ts'
import { identify, makeRepository } from './repository.ts'

test('a request is recorded once by its id, with who asked; nothing that they say becomes a trailer', async () => {
  await using repository = await makeRepository({ origin: true })
  const { root, commit } = repository
  const by = 'eve\n\nMergeline-Entry: lift\nMergeline-Supersedes: HEAD'
  const entry = await requestRelease(root, 'production', { commit, id: 'github-12', by })
  assert.equal(await requestRelease(root, 'production', { commit, id: 'github-12', by: 'again' }), entry)
  const [only, ...more] = await history(root)
  assert.deepEqual(
    [only?.kind, only?.request, only?.about, only?.supersedes, more],
    ['request', 'github-12', commit, [], []],
  )
  assert.equal(only?.subject, `production: ${commit.slice(0, 12)} is asked for`)
  await requestRelease(root, 'staging', { commit, id: 'github-12', by })
  assert.equal((await history(root)).length, 2)
})

test('an id that is no word, or another commit’s, is refused', async () => {
  await using repository = await makeRepository()
  const { root, commit } = repository
  for (const id of ['', 'two words', 'x\nMergeline-Entry: lift', 'a'.repeat(101)])
    await assert.rejects(requestRelease(root, 'production', { commit, id, by: 'ada' }), InputError)
  await requestRelease(root, 'production', { commit, id: 'r1', by: 'ada' })
  await assert.rejects(
    requestRelease(root, 'production', { commit: 'f'.repeat(40), id: 'r1', by: 'ada' }),
    /the request r1 is of commit \w{12} already/,
  )
  assert.equal((await history(root)).length, 1)
})

test('fifteen who ask at once from clones of their own: all are recorded, and the ledger only grows', async () => {
  await using repository = await makeRepository({ origin: true })
  const { dir, root, commit } = repository
  const bare = join(dir, 'origin.git')
  await git(bare, ['config', 'core.logAllRefUpdates', 'always'])
  const clones = await Promise.all(
    Array.from({ length: 5 }, async (_, index) => {
      const path = join(dir, `clone-${index}`)
      await git(dir, ['clone', '--quiet', bare, path])
      await identify(path)
      return path
    }),
  )
  const ids = Array.from({ length: 15 }, (_, index) => `r${index}`)
  await Promise.all(
    clones.map(async (clone, index) => {
      for (const id of ids.slice(index * 3, index * 3 + 3))
        await requestRelease(clone, 'production', { commit, id, by: 'ada' })
    }),
  )
  assert.deepEqual((await history(root)).map(({ request }) => request).sort(), ids.toSorted())
  const tips = (await git(bare, ['reflog', 'show', '--format=%H', 'releases'])).split('\n')
  const grown = (await git(bare, ['rev-list', '--first-parent', 'releases'])).split('\n')
  assert.deepEqual(tips, grown)
})

test('a push whose answer is lost is not repeated when it arrived', async () => {
  await using repository = await makeRepository({ origin: true })
  const { root, dir, commit } = repository
  const bin = join(dir, 'bin')
  await mkdir(bin)
  const real = (await execa('which', ['git'])).stdout
  await writeFile(
    join(bin, 'git'),
    `#!/bin/sh\n${real} "$@" || exit\ncase "$*" in *" push "*) [ -e ${dir}/lost ] || { touch ${dir}/lost; echo 'fatal: the remote end hung up unexpectedly' >&2; exit 128; };; esac\n`,
  )
  await chmod(join(bin, 'git'), 0o755)
  const path = process.env['PATH']
  process.env['PATH'] = `${bin}:${path}`
  try {
    const entry = await requestRelease(root, 'production', { commit, id: 'r1', by: 'ada' })
    assert.equal(await git(join(dir, 'origin.git'), ['rev-parse', 'releases']), entry)
  } finally {
    process.env['PATH'] = path
  }
  assert.equal((await history(root)).length, 1)
})

test('a rule of the server is no race: its words are passed on at once', async () => {
  await using repository = await makeRepository({ origin: true })
  const { root, dir, commit } = repository
  const hook = join(dir, 'origin.git', 'hooks', 'pre-receive')
  await writeFile(hook, `#!/bin/sh\necho tried >> ${dir}/tries\necho 'GH013: Repository rule violations' >&2\nexit 1\n`)
  await chmod(hook, 0o755)
  await assert.rejects(
    requestRelease(root, 'production', { commit, id: 'r1', by: 'ada' }),
    /cannot be written: .*GH013/s,
  )
  assert.equal((await execa('cat', [join(dir, 'tries')])).stdout, 'tried')
})

test('a process of this machine is known to live or not; of others the deadline decides', async () => {
  const environment = await loadEnvironment(join(import.meta.dirname, '../..'), 'production')
  await using made = await temporaryFolder()
  const holder = await processHolder(made.path)
  assert.match(holder.name, /^[\w.-]+:m[0-9a-f]{12}:r[0-9a-f]{12}:\d+:[\w-]+$/)
  assert.equal(await holder.alive(holder.name), true)
  assert.equal(await holder.alive(holder.name.replace(/\w$/, (last) => (last === '0' ? '1' : '0'))), false)
  assert.equal(await holder.alive('github:12:1'), undefined)
  assert.equal(await holder.alive('elsewhere:1:1'), undefined)

  const minutes = environment.canary.deadline_minutes + 15
  const open = (name: string | undefined, age: number): OpenRelease => ({
    entry: {} as OpenRelease['entry'],
    since: new Date(Date.now() - age * 60_000).toISOString(),
    ...(name ? { holder: name } : {}),
  })
  assert.equal(await works(holder, open('elsewhere:1:1', minutes - 1), environment), true)
  assert.equal(await works(holder, open('elsewhere:1:1', minutes + 1), environment), false)
  assert.equal(await works(holder, open(holder.name, minutes + 1), environment), true)
  assert.equal(await works(holder, open(undefined, 0), environment), false)
})

test('a machine has one word also on a volume without links', async (t) => {
  for (const code of ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']) {
    await using here = await temporaryFolder()
    const failing = t.mock.method(files, 'link', () => Promise.reject(Object.assign(new Error(code), { code })))
    syncBuiltinESMExports()
    try {
      const ids = await Promise.all(Array.from({ length: 8 }, () => machineOf(here.path)))
      assert.deepEqual([new Set(ids).size, failing.mock.callCount() > 0], [1, true], code)
      assert.deepEqual(await readdir(join(here.path, '.mergeline', 'host')), ['machine-id'])
    } finally {
      failing.mock.restore()
      syncBuiltinESMExports()
    }
  }
})

test('a machine is told from another of the same hostname, and known again by its folder after a reboot; the older form is read', async () => {
  await using here = await temporaryFolder()
  await using there = await temporaryFolder()
  const ids = await Promise.all(Array.from({ length: 8 }, () => machineOf(here.path)))
  assert.deepEqual([new Set(ids).size, await machineOf(here.path)], [1, ids[0]])
  assert.notEqual(await machineOf(there.path), ids[0])
  assert.deepEqual(
    [await readdir(join(here.path, '.mergeline', 'host')), await environmentsHere(here.path)],
    [['machine-id'], []],
  )

  const holder = await processHolder(here.path)
  const [host = '', machine = '', run = '', pid = '', start = ''] = holder.name.split(':')
  const alive = (...words: readonly string[]) => holder.alive(words.join(':'))
  const [otherMachine, otherRun] = ['m000000000000', 'r000000000000']
  assert.deepEqual(
    {
      anotherFolder: await alive(host, otherMachine, run, pid, start),
      endedThere: await alive(host, otherMachine, run, pid, `${start}1`),
      anotherMachine: await alive(host, otherMachine, otherRun, pid, start),
      anotherName: await alive('elsewhere', machine, run, pid, start),
      beforeReboot: await alive(host, machine, otherRun, pid, start),
      older: await alive(host, pid, start),
      olderEnded: await alive(host, pid, `${start}1`),
      olderElsewhere: await alive('elsewhere', pid, start),
    },
    {
      anotherFolder: true,
      endedThere: false,
      anotherMachine: undefined,
      anotherName: undefined,
      beforeReboot: false,
      older: true,
      olderEnded: false,
      olderElsewhere: undefined,
    },
  )
  const damaged = join(here.path, '.mergeline', 'host', 'machine-id')
  await writeFile(damaged, '')
  // One that was made just now would be looked at again.
  await utimes(damaged, 0, 0)
  await assert.rejects(processHolder(here.path), /machine-id is damaged; remove it and run again/)
})
