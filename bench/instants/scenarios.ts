import { InputError, RefusedError } from '../../pipeline/errors.ts'
import { deploy } from '../../pipeline/release/deploy.ts'
import { promoteAnyway } from '../../pipeline/release/override.ts'
import { requestRelease } from '../../pipeline/release/request.ts'
import { resumeRelease } from '../../pipeline/release/resume.ts'
import { rollback } from '../../pipeline/release/rollback.ts'
import { withdrawOpen } from '../../pipeline/release/withdrawal.ts'
import type { Life } from './life.ts'
import { type Beginning, environment, modelOf, optionsOf, type Scene } from './scene.ts'

/** One command of a person, or of a workflow, and what it may say when it is done. Killed, it is run again, but where `once` leaves what it left to the next. */
export type Command = {
  readonly run: (scene: Scene, life: Life) => Promise<string>
  readonly done: RegExp
  readonly once?: true
}

/** Commands one after the other, and what Git, the registry and the machine must say in the end. */
export type Scenario = Beginning & {
  readonly commands: readonly Command[]
  /** The version that Git names, and the one that the machine `here` serves where that is another. */
  readonly runs: number
  readonly here?: number
  /** The version that stays started on the machine `here`, to go back to. */
  readonly kept?: number
  /** How the releases of each version ended, oldest first. */
  readonly ends: { readonly [version: number]: readonly ('promote' | 'revert' | 'supersede')[] }
  readonly held: readonly number[]
  readonly aliases: { readonly [alias: string]: number }
}

type How = {
  readonly where?: 'here' | 'there'
  readonly traffic?: number
  readonly bad?: true
  readonly wrong?: true
  readonly request?: string
  readonly commit?: 0 | 1
  readonly once?: true
}

/** A deploy of a version, with what else is the matter. */
function deploys(version: number, done: RegExp, how: How = {}): Command {
  const { where = 'here', traffic = 400, bad, wrong, request, commit = 0, once } = how
  return {
    done,
    ...(once ? { once } : {}),
    run: (scene, life) => {
      const machine = scene[where]
      machine.world.traffic = traffic
      if (bad) scene.bad.add(version)
      if (wrong) machine.world.broken.add(modelOf(version).digest)
      const options = { ...optionsOf(scene, machine, version, life), commit: scene.commits[commit] ?? '' }
      return told(() => deploy({ ...options, ...(request ? { request } : {}) }))
    },
  }
}

/** A command on the machine `here` that names no model. */
function command(
  done: RegExp,
  run: (options: Site, scene: Scene) => Promise<unknown>,
  where: 'here' | 'there' = 'here',
): Command {
  return {
    done,
    run: (scene, life) => {
      scene[where].world.traffic = 400
      const { commit: _commit, model: _model, ...options } = optionsOf(scene, scene[where], 0, life)
      return told(() => run(options, scene))
    },
  }
}
type Site = Parameters<typeof resumeRelease>[0]

/** Takes back what is on its way, and holds it. */
const withdraws = (where: 'here' | 'there') =>
  command(
    /^rolled back$|withdraw: nothing is on its way/,
    (options) => withdrawOpen(options, { ...word, hold: true }),
    where,
  )

/** How a command ended, in a word, or its error in words. */
async function told(run: () => Promise<unknown>): Promise<string> {
  try {
    const result = Object(await run()) as { readonly outcome?: string; readonly nothing?: string }
    return result.outcome ?? (result.nothing ? 'nothing' : 'done')
  } catch (error) {
    if (error instanceof RefusedError) return 'refused'
    if (error instanceof InputError) return `error: ${error.message}`
    throw error
  }
}

const one: Beginning = { promoted: [1], deadlineMinutes: 0.5 }
const short: Beginning = { promoted: [1], deadlineMinutes: 0.008 }
const good = /^(promoted|unchanged)$/
const back = /^(rolled back|refused)$/
const none = { held: [] }
const second = { production: 2, previous: 1 }
const first = { production: 1 }
const word = { by: 'Ada', why: 'the shop opens tomorrow' }

export const scenarios: { readonly [what: string]: Scenario } = {
  'first release': {
    ...one,
    promoted: [],
    commands: [deploys(1, good)],
    runs: 1,
    ends: { 1: ['promote'] },
    ...none,
    aliases: first,
  },
  promoted: {
    ...one,
    commands: [deploys(2, good)],
    runs: 2,
    ends: { 1: ['promote'], 2: ['promote'] },
    ...none,
    aliases: second,
  },
  'rolled back by its verdict': {
    ...{ ...one, commands: [deploys(2, back, { bad: true })], runs: 1, ends: { 1: ['promote'], 2: ['revert'] } },
    ...{ held: [2], aliases: first },
  },
  'rolled back by its golden records': {
    ...{ ...one, commands: [deploys(2, back, { wrong: true })], runs: 1, ends: { 1: ['promote'], 2: ['revert'] } },
    ...{ held: [2], aliases: first },
  },
  'held, then carried on': {
    ...{ ...short, commands: [deploys(2, /^held$/, { traffic: 0 }), deploys(2, good, { traffic: 1000 })], runs: 2 },
    ...{ ends: { 1: ['promote'], 2: ['promote'] }, ...none, aliases: second },
  },
  'held, then promoted on somebody’s word': {
    ...short,
    commands: [
      deploys(2, /^held$/, { traffic: 0 }),
      command(/^promoted$|no canary is on trial/, (options) => promoteAnyway(options, word)),
      deploys(2, good),
    ],
    ...{ runs: 2, ends: { 1: ['promote'], 2: ['promote'] }, ...none, aliases: second },
  },
  'held, then overtaken': {
    ...{ ...short, commands: [deploys(2, /^held$/, { traffic: 0 }), deploys(3, good, { traffic: 1000 })], runs: 3 },
    ...{ ends: { 1: ['promote'], 2: ['supersede'], 3: ['promote'] }, ...none, aliases: { production: 3, previous: 1 } },
  },
  'overtaken on another machine': {
    ...short,
    commands: [
      command(/^done$/, ({ root }, { commits: [commit = ''] }) =>
        requestRelease(root, environment, { commit, id: 'r2', by: 'ada' }),
      ),
      deploys(2, /^held$/, { traffic: 0, request: 'r2' }),
      deploys(3, good, { where: 'there', traffic: 1000, request: 'r3' }),
      deploys(2, /^superseded$/, { request: 'r2' }),
    ],
    ...{ runs: 3, here: 1, ends: { 1: ['promote'], 2: ['supersede'], 3: ['promote'] }, ...none },
    aliases: { production: 3, previous: 1 },
  },
  'carried on elsewhere': {
    ...one,
    commands: [
      deploys(2, good, { once: true }),
      command(/^(promoted|unchanged|superseded|nothing)$/, resumeRelease, 'there'),
      deploys(2, good),
    ],
    ...{ runs: 2, ends: { 1: ['promote'], 2: ['promote'] }, ...none, aliases: second },
  },
  'the same model of a newer commit': {
    ...{
      ...one,
      commands: [deploys(1, good, { commit: 1 })],
      runs: 1,
      ends: { 1: ['promote', 'promote'] },
      ...none,
      aliases: first,
    },
  },
  'taken back by hand': {
    ...{ ...one, promoted: [1, 2] },
    commands: [
      command(/^promoted$|runs ice-cream-sales v1 .*nothing was changed/, (options) =>
        rollback(options, { ...word, digest: modelOf(2).digest, hold: true }),
      ),
    ],
    ...{ runs: 1, ends: { 1: ['promote'], 2: ['promote', 'revert'] }, held: [2] },
    // An alias is moved, and never taken away.
    aliases: { ...first, previous: 1 },
  },
  'blue-green': {
    ...{ ...one, strategy: 'blue-green', commands: [deploys(2, good)], runs: 2, kept: 1 },
    ...{ ends: { 1: ['promote'], 2: ['promote'] }, ...none, aliases: second },
  },
  'blue-green, then back to what was kept': {
    ...{ ...one, strategy: 'blue-green' },
    commands: [
      deploys(2, good),
      command(/^promoted$|runs ice-cream-sales v1 .*nothing was changed/, (options) =>
        rollback(options, { ...word, digest: modelOf(2).digest, hold: true }),
      ),
    ],
    ...{ runs: 1, ends: { 1: ['promote'], 2: ['promote', 'revert'] }, held: [2] },
    aliases: { ...first, previous: 1 },
  },
  recreate: {
    ...{ ...one, strategy: 'recreate', commands: [deploys(2, good)], runs: 2 },
    ...{ ends: { 1: ['promote'], 2: ['promote'] }, ...none, aliases: second },
  },
  'recreate, and back': {
    ...{ ...one, strategy: 'recreate', commands: [deploys(2, back, { wrong: true })], runs: 1 },
    ...{ ends: { 1: ['promote'], 2: ['revert'] }, held: [2], aliases: first },
  },
  'held, then withdrawn': {
    ...short,
    commands: [deploys(2, /^held$/, { traffic: 0 }), withdraws('here')],
    ...{ runs: 1, ends: { 1: ['promote'], 2: ['revert'] }, held: [2], aliases: first },
  },
  'held, then withdrawn on another machine': {
    ...short,
    commands: [deploys(2, /^held$/, { traffic: 0 }), withdraws('there'), deploys(2, back)],
    ...{ runs: 1, ends: { 1: ['promote'], 2: ['revert'] }, held: [2], aliases: first },
  },
}
