import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { verifyLog } from '../../../pipeline/audit/verify.ts'
import { freePort } from '../../free-port.ts'
import { temporaryFolder } from '../helper.ts'
import { patient, setUp } from '../process.ts'
import { askAll, recordedIds, startServer } from './server.ts'

/** A disk with little room for a log: how a server is started so that it meets it, and how room is made while it runs. */
type Disk = { readonly command: readonly string[]; readonly makeRoom: (pid: number) => void; readonly end: () => void }

const run = (program: string, ...args: readonly string[]) => spawnSync(program, args, { encoding: 'utf8' })

/** A file system of 1 MiB, most of it taken by another file; undefined where this user may not mount one. */
function smallFileSystem(folder: string): Disk | undefined {
  if (run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder).status !== 0) return undefined
  const other = join(folder, 'somebody-elses')
  writeFileSync(other, Buffer.alloc(800 * 1024))
  return { command: [process.execPath], makeRoom: () => rmSync(other), end: () => run('umount', folder) }
}

/** A limit on the size of any file that the process writes (setrlimit(2), RLIMIT_FSIZE), with the signal that comes with it ignored: writes fail, as on a full disk. */
const smallFiles = (): Disk => ({
  command: ['bash', '-c', `trap '' XFSZ; ulimit -S -f 200; exec "$0" "$@"`, process.execPath],
  makeRoom: (pid) => assert.equal(run('prlimit', '--pid', String(pid), '--fsize=unlimited').status, 0),
  end: () => {},
})

async function withDisk(
  make: (folder: string) => Disk | undefined,
  policy: 'refuse' | 'serve',
  check: (server: Awaited<ReturnType<typeof startServer>>, log: string, disk: Disk) => Promise<void>,
): Promise<void> {
  await using folder = await temporaryFolder()
  const mounted = join(folder.path, 'disk')
  mkdirSync(mounted)
  const disk = make(mounted) ?? smallFiles()
  try {
    const { env } = await setUp(folder.path, await freePort())
    const log = join(mounted, 'audit')
    const settings = { ...env, ...patient, MERGELINE_AUDIT_DIR: log, MERGELINE_AUDIT_UNWRITABLE: policy }
    await using server = await startServer(settings, disk.command)
    await check(server, log, disk)
  } finally {
    disk.end()
  }
}

const ways = { 'a full file system': smallFileSystem, 'a limit on files': smallFiles }

for (const [name, make] of Object.entries(ways)) {
  test(`${name}, policy refuse: nobody is answered without a record, probes are, and room is all it needs to go on`, async () => {
    await withDisk(make, 'refuse', async (server, log, disk) => {
      const clients = askAll(server.url, 8)
      while (clients.refused.length < 50) await sleep(10)
      assert.deepEqual([...new Set(clients.refused)], [503])
      assert.equal((await fetch(`${server.url}/live`)).status, 200)
      assert.equal(await server.metric('mergeline_audit_lost_total'), 0)
      const [before, refused] = [clients.answered.length, clients.refused.length]
      assert.ok(before > 50, `${before} were answered`)
      disk.makeRoom(server.pid)
      while (clients.answered.length < before + 200) await sleep(10)
      assert.equal(await server.metric('mergeline_audit_failing'), 0)
      await clients.end()
      await server.end('SIGTERM')
      const recorded = recordedIds(log)
      assert.deepEqual(
        clients.answered.filter((id) => !recorded.has(id)),
        [],
      )
      assert.ok(clients.refused.length >= refused)
      const { findings, notes, lost } = await verifyLog(log)
      assert.deepEqual([findings, lost], [[], 0])
      assert.match(
        notes.join('\n'),
        /nothing could be written \((ENOSPC|EFBIG).*; without a record are 0 predictions and \d+ refusals/,
      )
      assert.match(server.said(), /audit log .* cannot be written: (ENOSPC|EFBIG)[\s\S]*written again/)
    })
  })

  test(`${name}, policy serve: everybody is answered, and what has no record is counted exactly`, async () => {
    await withDisk(make, 'serve', async (server, log, disk) => {
      const clients = askAll(server.url, 8)
      while (!((await server.metric('mergeline_audit_lost_total')) > 100)) await sleep(10)
      assert.equal(await server.metric('mergeline_audit_failing'), 1)
      disk.makeRoom(server.pid)
      while ((await server.metric('mergeline_audit_failing')) === 1) await sleep(10)
      const before = clients.answered.length
      while (clients.answered.length < before + 200) await sleep(10)
      await clients.end()
      assert.deepEqual(clients.refused, [])
      const counted = await server.metric('mergeline_audit_lost_total')
      await server.end('SIGTERM')
      const recorded = recordedIds(log)
      const missing = clients.answered.filter((id) => !recorded.has(id))
      const { findings, lost } = await verifyLog(log)
      assert.deepEqual(findings, [])
      assert.equal(lost, counted)
      assert.equal(missing.length, counted)
    })
  })
}
