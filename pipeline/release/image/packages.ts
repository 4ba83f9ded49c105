import type { Dirent } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../../errors.ts'
import { type Locked, lockedPackages } from '../../tracking/fingerprint.ts'
import type { TarFile } from './tar.ts'

/** Files that no server reads: types, and maps from one source to another. They are half of all. */
const idle = /\.(d\.[cm]?ts|map)$/

type Lock = {
  readonly packages: {
    readonly [path: string]: {
      readonly name?: string
      readonly integrity?: string
      readonly optional?: boolean
      readonly license?: unknown
      readonly resolved?: string
    }
  }
}

/** A package that is installed as it is locked: where, what, and what the lock says of it. */
export type InstalledPackage = Locked & Lock['packages'][string] & { readonly name: string }

/**
 * The files of the packages and of all they depend on, as they are installed and were tested, below `node_modules/`. Their install scripts are not run: none
 * of ours needs one. Throws InputError for a package that npm has not installed exactly as `package-lock.json` pins it.
 */
export async function packageFiles(root: string, names: ReadonlySet<string>): Promise<readonly TarFile[]> {
  const files: TarFile[] = []
  for (const { path } of await installedPackages(root, names)) files.push(...(await filesUnder(root, path)))
  return files
}

/** The packages and all they depend on that are installed here, sorted by path. Throws InputError for one that is not installed as it is locked. */
export async function installedPackages(
  root: string,
  names: ReadonlySet<string>,
): Promise<readonly InstalledPackage[]> {
  const lock = await readLock(join(root, 'package-lock.json'))
  // npm's own note of what it has unpacked, with the hashes that it has checked.
  const installed = await readLock(join(root, 'node_modules', '.package-lock.json'))
  const found: InstalledPackage[] = []
  for (const locked of await lockedPackages(root, names)) {
    const { path, version, integrity } = locked
    const there = installed.packages[path]
    // Binaries of other platforms are locked and not installed.
    if (!there && lock.packages[path]?.optional) continue
    if (!there || there.integrity !== integrity)
      throw new InputError(
        `${path} is not installed as package-lock.json pins it (${version}); run \`npm run setup\`, which installs what is pinned`,
      )
    found.push({ name: path.slice(path.lastIndexOf('node_modules/') + 13), ...lock.packages[path], ...locked })
  }
  return found
}

async function filesUnder(root: string, folder: string): Promise<TarFile[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true })
  const found = await Promise.all(entries.map((entry) => filesOf(root, `${folder}/${entry.name}`, entry)))
  return found.flat()
}

async function filesOf(root: string, path: string, entry: Dirent): Promise<TarFile[]> {
  // A package's own packages are locked under their own paths.
  if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesUnder(root, path)
  if (!entry.isFile())
    throw new InputError(`${path} is neither file nor folder; run \`npm run setup\`, which installs what is pinned`)
  return idle.test(entry.name) ? [] : [{ path, content: { file: join(root, path) } }]
}

async function readLock(file: string): Promise<Lock> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Lock
  } catch (cause) {
    throw new InputError(`${file} cannot be read; run \`npm run setup\`, which installs what is pinned`, { cause })
  }
}
