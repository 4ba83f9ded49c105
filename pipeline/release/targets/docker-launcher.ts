import { randomBytes } from 'node:crypto'
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../../errors.ts'
import type { Environment } from '../environment.ts'
import type { Member } from '../journal.ts'
import { apiKeyOf } from './api-key.ts'
import { containersOf, docker, identity, logsOf, remove } from './docker.ts'
import type { Launcher, LauncherOptions } from './launcher.ts'

const drainMs = 15_000
// Whom the image runs as (serve/Dockerfile).
const nobody = 65_532

/**
 * Starts servers as containers of the released image, by its digest, with docker's own client: without rights, on a root file system that cannot be written, with limits for memory, CPU and processes, restarted by
 * docker when they or the machine end; whether they are ready is asked by whoever sends them requests, so docker's own health check is left out. They listen on the loopback address of the machine, for the gateway alone; what they write is the audit log.
 */
export function dockerLauncher(
  { state, name }: LauncherOptions,
  { memory_mb = 1024, cpus = 1 }: Environment['host'],
): Launcher {
  const one = async (id: string) => (await containersOf(state, id))[0]

  return {
    async prepare(release) {
      const image = imageOf(release)
      // What is here by its digest is what it was.
      const there = await docker('image', 'inspect', '--format', '{{.Id}}', image).catch(() => undefined)
      if (there === undefined) await docker('pull', '--quiet', image)
    },
    async launch(member) {
      const left = await one(member.id)
      if (left) await remove(left.id, 0)
      const { hashFile } = await apiKeyOf(state)
      const [audit, salt] = [join(state, 'audit', member.id), join(state, 'audit-salt')]
      const user = await ownedByServer(audit, salt, hashFile)
      const env = {
        MERGELINE_HOST: '127.0.0.1',
        MERGELINE_PORT: String(member.port),
        MERGELINE_API_KEYS_FILE: '/run/secrets/mergeline-api-keys',
        MERGELINE_ENVIRONMENT: name,
        MERGELINE_IMAGE: imageOf(member.release),
        MERGELINE_AUDIT_DIR: '/audit',
        MERGELINE_AUDIT_SALT_FILE: '/run/secrets/mergeline-audit-salt',
      }
      await docker(
        ...[
          'run',
          '--detach',
          ...(await identity(state, member.id)),
          '--network',
          'host',
          '--restart',
          'unless-stopped',
        ],
        ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--user', user],
        ...[
          '--memory',
          `${memory_mb}m`,
          '--cpus',
          String(cpus),
          '--pids-limit',
          '256',
          '--ulimit',
          'nofile=4096:4096',
          '--ulimit',
          'nproc=1024:1024',
          '--no-healthcheck',
        ],
        ...['--stop-timeout', String(drainMs / 1000), '--volume', `${audit}:/audit`],
        ...['--volume', `${hashFile}:/run/secrets/mergeline-api-keys:ro`],
        ...['--volume', `${salt}:/run/secrets/mergeline-audit-salt:ro`],
        ...Object.entries(env).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]),
        imageOf(member.release),
      )
    },
    async pids(id) {
      const found = await one(id)
      return found?.running && found.pid > 0 ? [found.pid] : []
    },
    // Each has a number space of its own, in which it is the first.
    isOurs: (told, pids) => told === 1 && pids.length > 0,
    ids: async () => (await containersOf(state)).map(({ member }) => member),
    async end(id, patienceMs = drainMs) {
      for (const { id: container } of await containersOf(state, id)) await remove(container, patienceMs)
    },
    async lastWords(member) {
      const found = await one(member.id)
      if (!found) return 'there is no container of it'
      // A machine may send its logs elsewhere: then docker's own words are all there is to tell.
      const lines = (await logsOf(found.id, 20).catch((error: Error) => error.message)).split('\n')
      return (lines.findLast((line) => /^(\w*Error|serve): /.test(line)) ?? lines.slice(-3).join(' | ')).slice(-600)
    },
  }
}

function imageOf({ image, model }: Member['release']): string {
  if (image !== undefined) return image
  throw new InputError(
    `the release of ${model.name} (${model.digest.slice(0, 19)}) has no image, and host.launcher is docker: build one with \`npm run image\`, or set host.launcher to process`,
  )
}

/** Makes folder and salt, and them and the keys' hashes such that the server may use them, whatever the umask. Returns as whom it has to run: as whoever deploys, and as nobody in particular where that is root. */
async function ownedByServer(audit: string, salt: string, hashFile: string): Promise<string> {
  await mkdir(audit, { recursive: true })
  await writeFile(salt, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    },
  )
  const [uid = nobody, gid = nobody] = [process.getuid?.(), process.getgid?.()]
  if (uid !== 0) return `${uid}:${gid}`
  for (const path of [audit, salt, hashFile]) await chown(path, nobody, nobody)
  return `${nobody}:${nobody}`
}
