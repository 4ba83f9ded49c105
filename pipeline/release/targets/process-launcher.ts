import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Member } from '../journal.ts'
import { apiKeyOf } from './api-key.ts'
import type { Launcher, LauncherOptions } from './launcher.ts'
import { end, lastLines, launch, processesOf } from './processes.ts'

/** Starts servers as processes: of the code and the bundle that were released, with the packages that are installed here. */
export function processLauncher({ state, name, code, stored }: LauncherOptions): Launcher {
  const logOf = ({ id }: Member) => join(state, 'logs', `${id}.log`)
  return {
    async prepare() {},
    async launch(member) {
      const { hashFile } = await apiKeyOf(state)
      await mkdir(join(state, 'logs'), { recursive: true })
      await launch(state, {
        id: member.id,
        cwd: await code(member.release.commit),
        script: 'serve/server.ts',
        log: logOf(member),
        env: {
          MERGELINE_BUNDLE: await stored(member),
          MERGELINE_HOST: '127.0.0.1',
          MERGELINE_PORT: String(member.port),
          MERGELINE_API_KEYS_FILE: hashFile,
          MERGELINE_ENVIRONMENT: name,
          MERGELINE_AUDIT_DIR: join(state, 'audit', member.id),
          MERGELINE_AUDIT_SALT_FILE: join(state, 'audit-salt'),
          NODE_COMPILE_CACHE: join(state, 'compile-cache'),
        },
      })
    },
    pids: async (id) => (await processesOf(state)).filter((process) => process.id === id).map(({ pid }) => pid),
    isOurs: (told, pids) => pids.includes(told),
    ids: async () => (await processesOf(state)).map(({ id }) => id).filter((id) => id !== 'gateway'),
    end: (id, patienceMs) => end(state, id, patienceMs),
    lastWords: (member) => lastLines(logOf(member)),
  }
}
