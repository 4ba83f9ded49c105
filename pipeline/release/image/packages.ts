import type { Dirent } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../../errors.ts'
import { lockedPackages } from '../../tracking/fingerprint.ts'
import type { TarFile } from './tar.ts'

/** Files that no server reads: types, and maps from one source to another. They are half of all. */
const idle = /\.(d\.[cm]?ts|map)$/

type Lock = {
  readonly packages: { readonly [path: string]: { readonly integrity?: string; readonly optional?: boolean } }
}

/**
 * The files of the packages and of all they depend on, as they are installed and were tested, below `node_modules/`. Their install scripts are not run: none
 * of ours needs one. Throws InputError for a package that npm has not installed exactly as `package-lock.json` pins it.
 */
export async function packageFiles(root: string, names: ReadonlySet<string>): Promise<readonly TarFile[]> {
  const lock = await readLock(join(root, 'package-lock.json'))
  // npm's own note of what it has unpacked, with the hashes that it has checked.
  const installed = await readLock(join(root, 'node_modules', '.package-lock.json'))
  const files: TarFile[] = []
  for (const { path, version, integrity } of await lockedPackages(root, names)) {
    const there = installed.packages[path]
    // Binaries of other platforms are locked and not installed.
    if (!there && lock.packages[path]?.optional) continue
    if (!there || there.integrity !== integrity)
      throw new InputError(
        `${path} is not installed as package-lock.json pins it (${version}); run \`npm run setup\`, which installs what is pinned`,
      )
    files.push(...(await filesUnder(root, path)))
  }
  return files
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
