import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { InputError } from '../../errors.ts'

/** Runs docker's own client, which goes to wherever DOCKER_HOST or its context says. Throws InputError with docker's words. */
export async function docker(...args: readonly string[]): Promise<string> {
  return (await ask(args)).stdout
}

/** What a container said last, at most `count` lines, on both of its streams. Throws InputError where docker keeps no logs. */
export async function logsOf(id: string, count: number): Promise<string> {
  return (await ask(['logs', '--tail', String(count), id])).all.trim()
}

async function ask(args: readonly string[]): Promise<{ readonly stdout: string; readonly all: string }> {
  const result = await execa('docker', args, { reject: false, all: true, stdin: 'ignore', timeout: 300_000 })
  if (!result.failed) return result
  if (result.code === 'ENOENT')
    throw new InputError('docker is not installed here: install its client, or set host.launcher to process')
  const said = result.stderr?.trim() || (result.timedOut ? 'no answer in 300 s' : result.shortMessage)
  throw new InputError(`docker ${args[0]} failed: ${said}`)
}

const stateLabel = 'dev.mergeline.state'
// In the state folder, from the first container on.
const mark = 'containers'
const memberLabel = 'dev.mergeline.member'

export type Container = {
  readonly id: string
  readonly pid: number
  readonly running: boolean
}

/** Labels and name of a member's container: it is found again by whoever comes after, and a second one of the same name cannot be started. */
export async function identity(state: string, member: string): Promise<readonly string[]> {
  await writeFile(join(state, mark), '')
  const folder = await realpath(state)
  const name = `mergeline-${hash('sha256', folder).slice(0, 8)}-${member}`
  return ['--name', name, '--label', `${stateLabel}=${folder}`, '--label', `${memberLabel}=${member}`]
}

/** The containers of an environment, ended ones too, by member; all of them, or those of one. */
export async function containersOf(
  state: string,
  member?: string,
): Promise<readonly (Container & { readonly member: string })[]> {
  const folder = await realpath(state).catch(() => state)
  const filters = [`label=${stateLabel}=${folder}`, ...(member === undefined ? [] : [`label=${memberLabel}=${member}`])]
  const listed = await docker('ps', '--all', '--quiet', '--no-trunc', ...filters.flatMap((one) => ['--filter', one]))
  const ids = listed.split('\n').filter((id) => id !== '')
  const all = await Promise.all(ids.map((id) => docker('inspect', id).then(read, goneIs(undefined))))
  return all.filter((one) => one !== undefined)
}

/** The same where docker may never have been used: an environment without containers needs no docker. */
export async function containersHere(state: string): Promise<readonly Container[]> {
  return existsSync(join(state, mark)) ? containersOf(state) : []
}

/** Ends a container: asks it, after `patienceMs` ends it for good, and leaves nothing of it. */
export async function remove(id: string, patienceMs: number): Promise<void> {
  // Newer clients call it --timeout, older ones --time.
  await docker('stop', '-t', String(Math.ceil(patienceMs / 1000)), id).catch(goneIs(''))
  await docker('rm', '--force', '--volumes', id).catch(goneIs(''))
}

function read(text: string): Container & { readonly member: string } {
  const [one] = JSON.parse(text) as readonly {
    readonly Id: string
    readonly State: { readonly Pid: number; readonly Running: boolean }
    readonly Config: { readonly Labels: { readonly [label: string]: string } }
  }[]
  if (!one) throw new InputError('docker inspect told of no container')
  const { Id: id, State, Config } = one
  return { id, pid: State.Pid, running: State.Running, member: Config.Labels[memberLabel] ?? '' }
}

/** Somebody else may have removed it meanwhile: that is what was wanted. */
const goneIs =
  <T>(value: T) =>
  (error: Error): T => {
    if (/no such (container|object)|no container with|already in progress/i.test(error.message)) return value
    throw error
  }
