import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { takeLock } from '../../../pipeline/lock.ts'
import { baseArchive, keptFolder } from './base.ts'

/** Why images cannot be built, kept and run here; undefined when they can. */
export async function missing(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'needs root, for debootstrap and the storage of containers'
  const programs = ['buildah', 'podman', 'runc', 'debootstrap', 'docker-registry']
  for (const program of programs) {
    const { failed } = await execa(program, ['--version'], { reject: false })
    if (failed) return `needs ${program}; on Debian, apt-get install ${programs.join(' ')}`
  }
  return undefined
}

/** The name of the base image in the scratch storage. */
export const base = 'localhost/mergeline-base:test'

/**
 * A storage for images and containers of its own, with the base image in it; all of it goes when disposed. Buildah and podman find it by this process's
 * environment, which their children inherit. One at a time: podman's locks and its state of what runs are the machine's, whatever the storage.
 */
export async function scratchContainers() {
  await using stack = new AsyncDisposableStack()
  stack.use(await turn())
  const dir = await mkdtemp(join(tmpdir(), 'mergeline-containers-'))
  const { env, podman } = stack.use(await emptyStorage(dir))
  Object.assign(process.env, env)
  await podman('import', '--quiet', await baseArchive(), base)
  const kept = stack.move()
  return { dir, podman, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** Waits until no other test on this machine has containers. */
async function turn(): Promise<AsyncDisposable> {
  const file = join(await keptFolder(), 'lock')
  for (;;) {
    const lock = await takeLock(file)
    if (!('holder' in lock)) return lock
    await sleep(200)
  }
}

/** A storage with nothing in it, in the folder `dir`, which goes with it; only the `podman` that it returns knows it. */
export async function emptyStorage(dir: string) {
  await mkdir(dir, { recursive: true })
  const storage = `[storage]\ndriver = "overlay"\ngraphroot = "${dir}/graph"\nrunroot = "${dir}/run"\n`
  const engine = '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\nruntime = "runc"\n'
  await writeFile(join(dir, 'storage.conf'), storage)
  await writeFile(join(dir, 'containers.conf'), engine)
  const env = {
    CONTAINERS_STORAGE_CONF: join(dir, 'storage.conf'),
    CONTAINERS_CONF: join(dir, 'containers.conf'),
  }
  const podman = async (...args: string[]) => (await execa('podman', args, { env })).stdout
  const dispose = async () => {
    await execa('podman', ['rm', '--all', '--force', '--time', '0'], { env, reject: false })
    await execa('umount', ['--lazy', join(dir, 'graph', 'overlay')], { reject: false })
    await rm(dir, { recursive: true, force: true })
  }
  return { env, podman, [Symbol.asyncDispose]: dispose }
}
