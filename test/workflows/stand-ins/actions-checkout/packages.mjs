// What `setup/install.mjs` would install is linked instead, with its stamps, where the lock files are those of the copy: a real installation takes a minute a job.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const kinds = [
  { name: 'packages', folder: 'node_modules', locks: ['package-lock.json'] },
  { name: 'python', folder: '.venv', locks: ['setup/python/uv.txt', 'setup/python/requirements.txt'] },
]

/** Links into `dir` what of `copy` its own lock files ask for; without a copy, or with other locks, set-up installs for real. */
export function linkPackages(dir, copy) {
  if (!copy) return
  for (const { name, folder, locks } of kinds) {
    const files = locks.map((lock) => join(dir, lock))
    const stamp = join(copy, `${name}.stamp`)
    if (![stamp, join(copy, folder), ...files].every((path) => existsSync(path)) || existsSync(join(dir, folder)))
      continue
    const hash = createHash('sha256')
    for (const file of files) hash.update(readFileSync(file))
    if (hash.digest('hex') !== readFileSync(stamp, 'utf8')) continue
    symlinkSync(join(copy, folder), join(dir, folder))
    const state = join(dir, '.mergeline', 'setup')
    mkdirSync(state, { recursive: true })
    writeFileSync(join(state, `${name}.stamp`), readFileSync(stamp))
  }
}

/** Links into `dir` what Node has compiled in earlier jobs: each job has a folder of its own, and would compile the same anew in each step. */
export function linkCompiled(dir, copy) {
  if (!copy) return
  const [own, shared] = [join(dir, '.mergeline', 'compiled'), join(copy, 'compiled')]
  mkdirSync(shared, { recursive: true })
  mkdirSync(join(dir, '.mergeline'), { recursive: true })
  // The Node that runs this has begun it.
  rmSync(own, { recursive: true, force: true })
  symlinkSync(shared, own)
}
