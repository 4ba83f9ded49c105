import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { actProgram } from './program.ts'

type Values = { readonly [name: string]: string }

/** One start of act: a workflow of ours, made from the real one. */
export type Call = {
  /** A folder of its own: HOME, event, workspace. It must be there. */
  readonly dir: string
  readonly workflow: object | string
  /** The last job of the workflow; those that it needs run before it. */
  readonly job?: string
  readonly event: { readonly name: string; readonly payload: object }
  readonly actor: string
  readonly env: Values
  readonly secrets?: Values
  readonly variables: Values
  /** Folders that stand in for remote actions, by `owner/name@ref`. */
  readonly actions?: Values
  /** Folders of programs that come before the machine's. */
  readonly path?: readonly string[]
}

/** A line of act's log, as far as it is read here (github.com/nektos/act, `pkg/runner`). */
export type Entry = {
  readonly msg: string
  readonly level: string
  readonly job?: string
  readonly jobID?: string
  readonly stage?: string
  /** Longer than one within a composite action. */
  readonly stepID?: readonly string[]
  readonly stepResult?: string
  /** ns */
  readonly executionTime?: number
  readonly jobResult?: string
  readonly raw_output?: boolean
  readonly command?: string
  readonly name?: string
  readonly arg?: string
  readonly content?: string
  readonly kvPairs?: { readonly [name: string]: string }
}

/** Labels of GitHub's own runners; what asks for another finds none. */
const labels = ['ubuntu-latest', 'ubuntu-24.04', 'ubuntu-22.04']

/**
 * A runner's steps have no terminal: no pager, no prompt, no colour. act gives them one, and pipes only where the system has none to give; so it runs where
 * there is no device for them, in a mount namespace of its own.
 */
const withoutTerminals = 'mount --bind /dev/null /dev/ptmx && exec "$0" "$@"'
const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user']
const apart = ['--mount', ...asRoot, '--', 'sh', '-c', withoutTerminals]

/** Starts act in host mode, in a process group of its own, and tells each line of its log. Nothing of this process's environment reaches it but what is named here. */
export async function startAct(call: Call, tell: (entry: Entry) => void) {
  const { dir, event, env, secrets = {}, variables, actions = {}, path = [] } = call
  const [home, work] = [join(dir, 'home'), join(dir, 'empty')]
  for (const folder of [home, work, join(dir, 'act')]) await mkdir(folder, { recursive: true })
  const file = async (name: string, content: unknown) => {
    await writeFile(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 })
    return join(dir, name)
  }
  const args = [
    ...[event.name, '--json', '--insecure-secrets', '--no-skip-checkout', '--no-cache-server', '--rm'],
    ...['-C', work, '--action-cache-path', join(dir, 'act'), '--actor', call.actor],
    ...['-W', await file('workflow.yml', call.workflow), ...(call.job ? ['-j', call.job] : [])],
    ...['-e', await file('event.json', event.payload)],
    ...['--env-file', await file('env.yaml', { ...env, HOME: home })],
    ...['--secret-file', await file('secrets.yaml', { GITHUB_TOKEN: 'none', ...secrets })],
    ...['--var-file', await file('variables.yaml', variables)],
    ...labels.flatMap((label) => ['-P', `${label}=-self-hosted`]),
    ...Object.entries(actions).flatMap(([uses, folder]) => ['--local-repository', `${uses}=${folder}`]),
  ]
  const child = spawn('unshare', [...apart, await actProgram(), ...args], {
    cwd: work,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: [...path, await nodeFolder(dir), process.env['PATH'] ?? ''].join(delimiter),
      // act's own; a step's is `home`, which begins empty.
      HOME: join(dir, 'act'),
      LANG: 'C.UTF-8',
      // A runner has nobody to ask and no settings of this machine's owner.
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_NOSYSTEM: '1',
    },
  })
  return { child, ended: endOf(child, tell) }
}

/** A folder where `node` is the Node of this process, as it is on a runner. */
async function nodeFolder(dir: string): Promise<string> {
  const folder = join(dir, 'bin')
  await mkdir(folder, { recursive: true })
  await symlink(process.execPath, join(folder, 'node'))
  return folder
}

/** What act says beside its log is kept: it is the reason where there is no log. */
async function endOf(child: ChildProcessByStdio<null, Readable, Readable>, tell: (entry: Entry) => void) {
  const said: string[] = []
  child.stderr.on('data', (data) => said.push(String(data)))
  const readAll = async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      const entry = entryOf(line)
      if (entry) tell(entry)
      else said.push(`${line}\n`)
    }
  }
  await Promise.all([once(child, 'close'), readAll()])
  return { said: said.join('') }
}

function entryOf(line: string): Entry | null {
  try {
    return JSON.parse(line) as Entry
  } catch {
    return null
  }
}
