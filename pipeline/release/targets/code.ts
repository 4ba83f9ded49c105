import { randomBytes } from 'node:crypto'
import { cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { InputError } from '../../errors.ts'
import { verifyBundle } from '../../tracking/manifest.ts'
import { git, tryGit } from '../git.ts'
import { explainFull } from './files.ts'

const parts = ['serve', 'pipeline', 'environments', 'package.json', 'package-lock.json', 'tsconfig.json']

/**
 * The code of a commit as a folder, made once: servers run what was released, not what lies in the work tree. Packages are those installed in `root`;
 * where the commit locks others, `log` is told.
 */
export async function codeOf(
  root: string,
  state: string,
  commit: string,
  log: (line: string) => void = () => {},
): Promise<string> {
  const dir = join(state, 'code', commit)
  if (await exists(dir)) return dir
  // A shallow clone may lack the commit of an older release.
  if ((await tryGit(root, ['cat-file', '-e', `${commit}^{commit}`])).failed)
    await git(root, ['fetch', '--quiet', '--no-tags', '--depth=1', 'origin', commit])
  const there = (await git(root, ['ls-tree', '--name-only', commit])).split('\n').filter((name) => parts.includes(name))
  await into(dir, async (beside) => {
    const tar = `${beside}.tar`
    try {
      await git(root, ['archive', '--format=tar', `--output=${tar}`, commit, ...there])
      await execa('tar', ['-xf', tar, '-C', beside])
    } finally {
      await rm(tar, { force: true })
    }
    await symlink(join(root, 'node_modules'), join(beside, 'node_modules'))
  })
  const lock = (folder: string) => readFile(join(folder, 'package-lock.json'), 'utf8').catch(() => '')
  if ((await lock(dir)) !== (await lock(root)))
    log(`commit ${commit.slice(0, 12)} locks other packages than those installed here; it runs on the installed ones`)
  return dir
}

/** Whether two commits would serve with the same code. */
export async function sameCode(root: string, a: string, b: string): Promise<boolean> {
  const served = parts.filter((part) => part !== 'environments')
  const tree = async (commit: string) => (await tryGit(root, ['ls-tree', commit, ...served])).output
  const first = await tree(a)
  return a === b || (first !== '' && first === (await tree(b)))
}

/** Brings a bundle into the environment's own store, verified on the way in and each time it is asked for. Throws InputError when it is not `digest`. */
export async function storeBundle(state: string, digest: string, fetch: () => Promise<string>): Promise<string> {
  const dir = join(state, 'bundles', digest.replace(':', '-'))
  const known = await verifyBundle(dir).catch(() => undefined)
  if (known?.digest === digest) return dir
  const source = await fetch()
  const { digest: got } = await verifyBundle(source)
  if (got !== digest)
    throw new InputError(`the bundle in ${source} is ${got}, asked for was ${digest}: nothing was deployed`)
  await rm(dir, { recursive: true, force: true })
  await into(dir, (beside) => cp(source, beside, { recursive: true }))
  return dir
}

async function into(dir: string, fill: (beside: string) => Promise<void>): Promise<void> {
  const beside = `${dir}.${randomBytes(6).toString('hex')}`
  try {
    await mkdir(beside, { recursive: true })
    await fill(beside)
    await rename(beside, dir)
  } catch (error) {
    // Somebody else was quicker: theirs is the same.
    if (!(await exists(dir))) throw explainFull(error, dir)
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
