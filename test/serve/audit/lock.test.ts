import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../../../pipeline/errors.ts'
import { lockFolder } from '../../../serve/audit/lock.ts'
import { temporaryFolder } from '../helper.ts'

const skip = process.platform !== 'linux' && 'who is dead and not collected is told apart by /proc'

test('one writer at a time; one that was killed holds nothing, also before its parent has collected it', {
  skip,
}, async () => {
  await using folder = await temporaryFolder()
  const unlock = await lockFolder(folder.path)
  await assert.rejects(lockFolder(folder.path), InputError)
  await unlock()

  // Its parent becomes another program, which never asks for it.
  const shell = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [told] = (await once(shell.stdout, 'data')) as [Buffer]
    const pid = Number(told.toString())
    const stat = async () => {
      const text = await readFile(`/proc/${pid}/stat`, 'utf8')
      return text.slice(text.lastIndexOf(')') + 2).split(' ')
    }
    await writeFile(join(folder.path, 'lock'), JSON.stringify({ pid, started: (await stat())[19] }))
    await assert.rejects(lockFolder(folder.path), new RegExp(`process ${pid} writes its audit log there`))
    process.kill(pid, 'SIGKILL')
    while ((await stat())[0] !== 'Z') await sleep(10)
    await (await lockFolder(folder.path))()
  } finally {
    shell.kill('SIGKILL')
  }
})
