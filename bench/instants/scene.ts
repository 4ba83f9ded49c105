import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { deploy } from '../../pipeline/release/deploy.ts'
import type { DeployOptions } from '../../pipeline/release/deployment.ts'
import type { Environment } from '../../pipeline/release/environment.ts'
import { git } from '../../pipeline/release/git.ts'
import { findRelease } from '../../pipeline/release/history.ts'
import type { Member } from '../../pipeline/release/journal.ts'
import type { ReleasedModel } from '../../pipeline/release/release.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { witnessed } from '../../pipeline/release/witness.ts'
import { healthy, independent } from '../verdict/traffic.ts'
import { type Clock, type Life, makeLife, newClock } from './life.ts'
import { makeWorld, targetOf, type World } from './world.ts'

export const environment = 'production'

/** A clone of origin, and the servers of its machine. */
export type Machine = { readonly root: string; readonly world: World }

/** An origin in a folder, two machines that release from it, and a registry. `here` is the machine that served before, `there` is a new one. */
export type Scene = {
  readonly dir: string
  readonly origin: string
  readonly here: Machine
  readonly there: Machine
  /** Main's commits, oldest first. */
  readonly commits: readonly string[]
  readonly clock: Clock
  readonly aliases: Map<string, number>
  /** What the registry was told that Git did not say then. */
  readonly lies: string[]
  readonly living: Set<string>
  /** Versions whose server fails in production. */
  readonly bad: Set<number>
  lives: number
}

/** A model with a made-up digest of its version. */
export function modelOf(version: number): ReleasedModel {
  const digest = `sha256:${String(version).repeat(64)}`
  return { name: 'ice-cream-sales', version, digest, fingerprint: digest }
}

/** How a scene begins: the versions that were promoted before, one after the other, the trial's time limit, and the strategy where it is not a canary. */
export type Beginning = {
  readonly promoted: readonly number[]
  readonly deadlineMinutes: number
  readonly strategy?: Environment['strategy']
}

/** A scene on disk, to be copied for each rollout: making one takes a second. */
export async function makeTemplate(
  dir: string,
  { promoted, deadlineMinutes, strategy = 'canary' }: Beginning,
): Promise<Scene> {
  const root = join(dir, 'here')
  await git(dir, ['init', '--quiet', '--bare', '-b', 'main', 'origin.git'])
  await git(dir, ['init', '--quiet', '-b', 'main', root])
  await identify(root)
  // Relative, so that a copy has an origin of its own.
  await git(root, ['remote', 'add', 'origin', '../origin.git'])
  const base = join(import.meta.dirname, '../../environments/base')
  await mkdir(join(root, 'environments', environment), { recursive: true })
  await cp(base, join(root, 'environments/base'), { recursive: true })
  const canary = { steps: [20, 50], min_requests: 100, tolerance_percent: 20, deadline_minutes: deadlineMinutes }
  await writeFile(join(root, 'environments', environment, 'environment.yaml'), stringify({ strategy, canary }))
  await writeFile(join(root, '.gitignore'), '.mergeline\n')
  // What serves is the same code in both commits.
  for (const [file, text] of [
    ['package.json', '{}\n'],
    ['README.md', 'hello\n'],
  ] as const) {
    await writeFile(join(root, file), text)
    await git(root, ['add', '.'])
    await git(root, ['commit', '--quiet', '-m', file])
  }
  await git(root, ['push', '--quiet', 'origin', 'main'])
  const there = join(dir, 'there')
  await git(dir, ['clone', '--quiet', 'origin.git', 'there'])
  await identify(there)
  await git(there, ['remote', 'set-url', 'origin', '../origin.git'])
  const commits = (await git(root, ['rev-list', '--reverse', 'HEAD'])).split('\n')
  const scene = sceneIn(dir, commits, makeWorld(), newClock())
  for (const version of promoted) await deploy(optionsOf(scene, scene.here, version, makeLife(newClock())))
  for (const clone of [root, there])
    for (const hook of await readdir(join(clone, '.git/hooks'))) await rm(join(clone, '.git/hooks', hook))
  return scene
}

async function identify(root: string): Promise<void> {
  await git(root, ['config', 'user.name', 'Bench'])
  await git(root, ['config', 'user.email', 'bench@example.org'])
  await git(root, ['config', 'gc.auto', '0'])
}

/** A copy of a template in a folder of its own; its commands live by `clock`. */
export async function copyOf(template: Scene, dir: string, clock: Clock): Promise<Scene> {
  await cp(template.dir, dir, { recursive: true })
  const { running, next, routes } = template.here.world
  const world = makeWorld([...running.values()] as Member[])
  Object.assign(world, { next, routes })
  const scene = sceneIn(dir, template.commits, world, clock)
  for (const [alias, version] of template.aliases) scene.aliases.set(alias, version)
  return scene
}

function sceneIn(dir: string, commits: readonly string[], world: World, clock: Clock): Scene {
  return {
    ...{ dir, origin: join(dir, 'origin.git'), commits, clock, lives: 0 },
    here: { root: join(dir, 'here'), world },
    there: { root: join(dir, 'there'), world: makeWorld() },
    ...{ aliases: new Map(), lies: [], living: new Set(), bad: new Set() },
  }
}

/** A command's options on one of the machines, for as long as its life lasts. */
export function optionsOf(scene: Scene, { root, world }: Machine, version: number, life: Life): DeployOptions {
  const { aliases, living, bad, commits } = scene
  const request = independent(version)
  const failing = { ...healthy, errors: 0.7 }
  const name = `life-${++scene.lives}`
  living.clear()
  living.add(name)
  return {
    ...{ root, environment, commit: commits[0] ?? '', model: modelOf(version), bundle: async () => '', pollMs: 20 },
    registry: {
      async setAlias(alias, told) {
        await life.step('before alias')
        if (!(await isPromoted(scene, alias, told))) scene.lies.push(`${alias} = ${told}`)
        aliases.set(alias, told)
        await life.step('after alias')
      },
    },
    holder: { name, alive: async (other) => living.has(other) },
    target: targetOf(
      world,
      (weight, canary) =>
        request({ stable: healthy, canary: bad.has(canary?.release.model.version ?? 0) ? failing : healthy }, weight),
      life.step,
    ),
  }
}

/** Whether Git knows, when the registry is told: the version that runs is the one promoted last, the previous one was promoted before. */
async function isPromoted({ origin }: Scene, alias: string, version: number): Promise<boolean> {
  return witnessed(
    async () => {},
    async () => {
      const tip = await git(origin, ['rev-parse', 'releases'])
      const last = await findRelease(origin, tip, environment, 'promoted', () => true)
      const found = await findRelease(
        origin,
        tip,
        environment,
        'promoted',
        ({ release }) => release?.model.version === version,
      )
      return found !== null && (alias !== environment || last?.release.model.version === version)
    },
  )
}

/** What a killed command leaves behind of itself: its lock, with the number of a process that is gone. */
export async function bury({ here, there }: Scene): Promise<void> {
  for (const { root } of [here, there]) {
    const state = stateDir(root, environment)
    for (const file of await readdir(state).catch(() => []))
      if (file === 'lock')
        await writeFile(join(state, file), JSON.stringify({ pid: 2 ** 22 + 1, started: '1', nonce: 'gone' }))
  }
}
