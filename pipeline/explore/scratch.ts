import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { confine } from '../data/duckdb.ts'

const prefix = 'mergeline-explore-'

/** Data larger than this are worked on from disk. */
const memory = '1GiB'

/**
 * Opens a database on disk, in a temporary folder that goes with it, which uses 1 GiB of memory at most and reads the files under `directories` only. One thread: the same data give the same
 * figures, to the last bit. Disposed of with `await using`.
 */
export async function openScratchDatabase(
  ...directories: readonly string[]
): Promise<{ readonly connection: DuckDBConnection } & AsyncDisposable> {
  await removeAbandoned()
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  const settings = { threads: '1', memory_limit: memory, temp_directory: join(folder, 'spilt') }
  const instance = await DuckDBInstance.create(join(folder, 'explore.duckdb'), settings)
  const connection = await instance.connect()
  await confine(connection, directories)
  return {
    connection,
    [Symbol.asyncDispose]: async () => {
      connection.closeSync()
      instance.closeSync()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A process that was killed leaves its folder, as large as its data. One of another user stays. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid] = new RegExp(`^${prefix}(\\d+)-`).exec(name) ?? []
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {})
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
