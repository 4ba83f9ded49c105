import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, lstat, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'

/**
 * A base image without any registry: a minimal Debian (or Ubuntu) from the packages of this machine's own release, and the Node that runs this test. Made once
 * a machine (25 to 90 s) and kept for the next test as an archive, named by this file, the release and Node's version. Returns the archive's path.
 */
export async function baseArchive(): Promise<string> {
  const [, release] = /^VERSION_CODENAME=(\S+)$/m.exec(await readFile('/etc/os-release', 'utf8')) ?? []
  if (release === undefined) throw new Error('/etc/os-release names no release of Debian or Ubuntu')
  const recipe = [await readFile(import.meta.filename, 'utf8'), release, process.version, process.arch]
  const key = createHash('sha256').update(recipe.join('\0')).digest('hex').slice(0, 16)
  const dir = await keptFolder()
  const archive = join(dir, `${key}.tar`)
  if (!existsSync(archive)) await make(archive, release)
  return archive
}

/** What tests with containers keep on this machine. */
export async function keptFolder(): Promise<string> {
  const dir = '/var/tmp/mergeline-base'
  await mkdir(dir, { recursive: true, mode: 0o700 })
  if ((await lstat(dir)).uid !== process.getuid?.()) throw new Error(`${dir} belongs to somebody else`)
  return dir
}

async function make(archive: string, release: string): Promise<void> {
  const work = await mkdtemp('/var/tmp/mergeline-debootstrap-')
  const beside = `${archive}.${randomBytes(4).toString('hex')}`
  try {
    await execa('debootstrap', ['--variant=minbase', release, work, await mirrorOf(release)])
    await copyFile(process.execPath, join(work, 'usr/local/bin/node'))
    const without = ['./var/cache/apt', './var/lib/apt/lists', './dev/*', './proc/*', './sys/*']
    await execa('tar', ['-C', work, ...without.map((path) => `--exclude=${path}`), '-cf', beside, '.'])
    await rename(beside, archive)
  } finally {
    await rm(work, { recursive: true, force: true })
    await rm(beside, { force: true })
  }
}

/** Where this machine's own packages come from. */
async function mirrorOf(release: string): Promise<string> {
  const format = ['--format', '$(CODENAME) $(REPO_URI)', 'Created-By: Packages']
  const { stdout } = await execa('apt-get', ['indextargets', ...format])
  const line = stdout.split('\n').find((text) => text.startsWith(`${release} `))
  if (line === undefined) throw new Error(`apt knows no packages of ${release}; run \`apt-get update\``)
  return line.slice(release.length + 1)
}
