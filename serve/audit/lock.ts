import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../../pipeline/errors.ts'
import { startOf } from '../../pipeline/processes.ts'

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
    const [, pid, started] = /^(\d+) (.+)$/.exec(held.trim()) ?? []
    if (pid !== undefined && (await startOf(Number(pid))) === started) {
      throw new InputError(
        `${folder}: process ${pid} writes its audit log there; give each server a folder of its own (MERGELINE_AUDIT_DIR)`,
      )
    }
    await rm(file, { force: true })
  }
}
