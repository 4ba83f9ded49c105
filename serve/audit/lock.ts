import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../../pipeline/errors.ts'

/**
 * Makes this process the only one that writes in a folder, until the returned function is called or the process ends: two writers would break the chain.
 * The file `lock` names the process and when it was started, so that one that was killed holds nothing, whoever has its number now. Throws InputError when another process holds it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'lock')
  const own = `${process.pid} ${await startOf(process.pid)}\n`
  for (;;) {
    try {
      await writeFile(file, own, { flag: 'wx' })
      return () => rm(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const held = await readFile(file, 'utf8').catch(() => '')
    const [pid = Number.NaN, started] = held.trim().split(' ').map(Number)
    if (started !== undefined && (await startOf(pid)) === started) {
      throw new InputError(
        `${folder}: process ${pid} writes its audit log there; give each server a folder of its own (MERGELINE_AUDIT_DIR)`,
      )
    }
    await rm(file, { force: true })
  }
}

/** When a process began, in clock ticks since the machine did (proc(5), field 22 of stat); where the system does not tell, 0 for one that lives. */
async function startOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat) {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // One that was killed, and that nobody has collected yet, writes no more.
    return fields[0] === 'Z' ? undefined : Number(fields[19])
  }
  if (process.platform === 'linux') return undefined
  try {
    process.kill(pid, 0)
    return 0
  } catch {
    return undefined
  }
}
