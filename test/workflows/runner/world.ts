import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { startOf } from '../../../pipeline/processes.ts'
import { git } from '../github/git/command.ts'
import { type GitHubStandIn, startGitHub } from '../github/github.ts'
import { type Groups, openGroups } from './concurrency.ts'
import { packagesOf } from './packages.ts'
import { endMachine } from './processes.ts'
import { openRunners, type Runners } from './runners.ts'
import { ownerFile, prefix, sweepWorlds } from './sweep.ts'
import { commitFiles, commitTree, type Files } from './tree.ts'

const here = join(import.meta.dirname, '../../..')

type Values = { readonly [name: string]: string }

/** A project on GitHub: the stand-in with its repository, a person's clone, and what runs of workflows share. */
export type World = {
  /** The folder that holds everything. */
  readonly home: string
  readonly github: GitHubStandIn
  /** The clone of somebody who works on it. */
  readonly user: User
  /** Ports of the project's environments, on this machine. */
  readonly ports: { readonly [environment: string]: number }
  readonly secrets: Values
  /** A folder with packages to link; none where nothing is to be linked. */
  readonly packages: string | undefined
  /** Variables that every runner has, and folders of programs that come before the machine's. */
  readonly machine: Values
  readonly path: readonly string[]
  readonly groups: Groups
  readonly runners: Runners
  /** How many of the stand-in's events have been delivered. */
  readonly delivered: { count: number }
  /** The address of the repository on GitHub. */
  readonly pages: string
}

export type User = {
  readonly root: string
  readonly env: Values
  /** Runs git in the clone, as Ada, and returns what it printed. */
  readonly git: (...args: readonly string[]) => Promise<string>
}

export type WorldOf = {
  /** The project's files; without them it is this working tree as it is, with ports of its own. */
  readonly files?: Files
  readonly repository?: string
  readonly private?: boolean
  readonly variables?: Values
  readonly secrets?: Values
  readonly machine?: Values
  readonly path?: readonly string[]
  /** How many jobs run at once. */
  readonly runners?: number
}

/** Makes a project with one commit on main. Ended and removed when disposed, with all that was started in it; also when the one who made it was killed. */
export async function createWorld(options: WorldOf = {}): Promise<World & AsyncDisposable> {
  const { files, repository = 'acme/ice-cream', variables = {}, secrets = {}, machine = {}, path = [] } = options
  await sweepWorlds()
  const home = await realpath(await mkdtemp(join(tmpdir(), prefix)))
  await writeFile(join(home, ownerFile), JSON.stringify({ pid: process.pid, started: await startOf(process.pid) }))
  const github = await startGitHub({ dir: join(home, 'github'), repository, private: options.private ?? false })
  Object.assign(github.state.variables, variables)
  const first = join(home, 'first')
  const ports = files ? await commitFiles(first, files) : await commitTree(here, first)
  // Not by a push: no rule is in force yet, and no workflow is to start.
  await git(github.origin, ['fetch', '--quiet', first, '+refs/heads/main:refs/heads/main'])
  return {
    ...{ home, github, ports, secrets, machine, path },
    user: await cloneAs(home, 'ada', github.serverUrl, repository),
    packages: files ? undefined : await packagesOf(here),
    groups: openGroups(),
    runners: openRunners(options.runners ?? 4),
    delivered: { count: 0 },
    pages: `${github.serverUrl}/${repository}`,
    async [Symbol.asyncDispose]() {
      await github[Symbol.asyncDispose]()
      await endMachine(home, '')
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A clone with a name, a HOME and a login of its own; nothing of this machine's Git settings reaches it. */
export async function cloneAs(home: string, login: string, serverUrl: string, repository: string): Promise<User> {
  const [own, root] = [join(home, login), join(home, login, 'clone')]
  await mkdir(own)
  await writeFile(join(own, '.gitconfig'), `[user]\n\tname = ${login}\n\temail = ${login}@example.org\n`)
  const env = { PATH: process.env['PATH'] ?? '', HOME: own, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' }
  const url = `${serverUrl.replace('//', `//user:${login}@`)}/${repository}.git`
  await execa('git', ['clone', '--quiet', url, root], { env, extendEnv: false })
  const run = async (...args: readonly string[]) =>
    (await execa('git', args, { cwd: root, env, extendEnv: false })).stdout
  return { root, env, git: run }
}
