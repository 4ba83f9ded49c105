import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'

const prefix = `mergeline-packages-${userInfo().username}-`
const unusedMs = 7 * 24 * 3600_000
/** Lies in each folder that is linked; whoever installs through a link empties the folder and takes this with it. */
const whole = '.mergeline-whole'

/**
 * A copy of the packages of the tree at `root`, made once a machine and state of its lock files: workspaces link to it, never to the tree's own, so a job that
 * installs something harms nobody's. A copy that a job has damaged is made again. Returns its folder: `node_modules`, `.venv`, `*.stamp`.
 */
export async function packagesOf(root: string, within = tmpdir()): Promise<string> {
  const stamps = ['packages', 'python'].map((name) => join(root, '.mergeline', 'setup', `${name}.stamp`))
  const missing = stamps.find((stamp) => !existsSync(stamp))
  if (missing) throw new Error(`${missing} is missing: run \`npm run setup\` before the workflows' tests`)
  const texts = await Promise.all(stamps.map((stamp) => readFile(stamp, 'utf8')))
  const key = createHash('sha256')
    .update([root, ...texts].join('\n'))
    .digest('hex')
    .slice(0, 16)
  const copy = join(within, `${prefix}${key}`)
  await sweep(within, copy)
  if (isWhole(copy)) {
    await utimes(copy, new Date(), new Date())
    return copy
  }
  const making = `${copy}.${randomBytes(4).toString('hex')}`
  await mkdir(making)
  for (const folder of ['node_modules', '.venv']) {
    await copyFolder(join(root, folder), join(making, folder))
    await writeFile(join(making, folder, whole), '')
  }
  await nameProgramsAfter(join(root, '.venv'), join(making, '.venv'), join(copy, '.venv'))
  for (const [index, name] of ['packages', 'python'].entries())
    await writeFile(join(making, `${name}.stamp`), texts[index] ?? '')
  await swap(making, copy)
  return copy
}

const isWhole = (copy: string) => ['node_modules', '.venv'].every((folder) => existsSync(join(copy, folder, whole)))

/** Hard links where the file system has them: installers replace files and never write into one that is there. */
async function copyFolder(from: string, to: string): Promise<void> {
  const linked = await execa('cp', ['-al', from, to], { reject: false })
  if (!linked.failed) return
  await rm(to, { recursive: true, force: true })
  await execa('cp', ['-a', from, to])
}

/** Programs of a Python environment begin with the path of its own interpreter. */
async function nameProgramsAfter(original: string, made: string, final: string): Promise<void> {
  const folder = join(made, 'bin')
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const { mode, size } = await stat(path)
    if (size > 100_000) continue
    const text = await readFile(path, 'latin1')
    if (!text.includes(original)) continue
    await rm(path)
    await writeFile(path, text.replaceAll(original, final), { encoding: 'latin1', mode })
  }
}

/** Two tests may make the same copy at once: the first to be done wins. */
async function swap(making: string, copy: string): Promise<void> {
  if (existsSync(copy) && !isWhole(copy)) {
    await rename(copy, `${making}.damaged`).catch(() => {})
    await rm(`${making}.damaged`, { recursive: true, force: true })
  }
  await rename(making, copy).catch(() => rm(making, { recursive: true }))
}

/** Copies for lock files of long ago. */
async function sweep(within: string, mine: string): Promise<void> {
  for (const name of await readdir(within)) {
    const path = join(within, name)
    if (!name.startsWith(prefix) || path === mine) continue
    const at = await stat(path).catch(() => undefined)
    if (at && Date.now() - at.mtimeMs > unusedMs) await rm(path, { recursive: true, force: true })
  }
}
