import { AsyncLocalStorage } from 'node:async_hooks'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newClock } from '../../bench/instants/life.ts'
import { copyOf, environment, modelOf, optionsOf, type Scene } from '../../bench/instants/scene.ts'
import { deploy } from '../../pipeline/release/deploy.ts'
import type { DeployOptions } from '../../pipeline/release/deployment.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import type { Target } from '../../pipeline/release/targets/target.ts'
import { witnessed } from '../../pipeline/release/witness.ts'

export type Phase = 'before recording' | 'starting' | 'trial' | 'promoting' | 'rolling back'

/** What is wrong while it is wrong. */
export type Faults = {
  /** Nothing can be written durably. */
  diskFull?: boolean
  /** What each look at the events gives in place of what is there. */
  events?: (events: unknown[]) => unknown[] | Promise<unknown[]>
  missing?: string
  /** Errors of the target's verbs. */
  verbs?: { readonly [verb in 'open' | 'prepare' | 'route' | 'retire' | 'sweep' | 'smokeTest']?: string }
  /** How a server that is started fares, by version. */
  start?: { readonly version: number; readonly why: string; readonly portLost: boolean }
  registry?: string
  /** Comes between a look at the ledger and each push. */
  beforePush?: () => Promise<void>
  /** By how much the machine's clock is off, in ms. */
  clock?: number
}

const clocks = new AsyncLocalStorage<Faults>()
const now = Date.now
Date.now = () => now() + (clocks.getStore()?.clock ?? 0)

/** A copy of a scene whose commands meet faults: `faults` is looked at each time. */
export async function makeStage(template: Scene, dir: string) {
  const scene = await copyOf(template, dir, newClock())
  const faults: Faults = {}
  const state = stateDir(scene.here.root, environment)
  const said: string[] = []

  /** Deploys a version; `reached` is called once, when it is in the phase. */
  async function run(version: number, phase: Phase, reached: () => Promise<void>, more: Partial<DeployOptions> = {}) {
    const given = optionsOf(scene, scene.here, version, { step: async () => {}, run: (command) => command() })
    const { setAlias = async () => {} } = given.registry ?? {}
    let fired = false
    const fire = async () => {
      fired = true
      await witnessed(async () => {}, reached)
    }
    const options: DeployOptions = {
      ...given,
      log: (line) => said.push(line),
      ...(given.target ? { target: hurt(given.target, faults) } : {}),
      registry: {
        setAlias: (...told) => (faults.registry ? Promise.reject(new Error(faults.registry)) : setAlias(...told)),
      },
      ...more,
    }
    if (phase === 'before recording') await fire()
    return witnessed(
      async (when, act) => {
        if (when === 'before' && faults.diskFull && act.startsWith('write '))
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
        if (when === 'before' && act === 'git push')
          await witnessed(
            async () => {},
            async () => faults.beforePush?.(),
          )
        if (when === 'after' && act === 'write journal.json' && !fired) {
          const { rollout } = JSON.parse(await readFile(join(state, 'journal.json'), 'utf8'))
          if (rollout?.phase === phase) await fire()
        }
      },
      () => clocks.run(faults, () => told(() => deploy(options))),
    )
  }

  return {
    scene,
    faults,
    state,
    said,
    run,
    /** The digest of a version, as a hold names it. */
    digest: (version: number) => modelOf(version).digest,
    mend: () => {
      for (const key of Object.keys(faults)) delete faults[key as keyof Faults]
    },
  }
}

export type Stage = Awaited<ReturnType<typeof makeStage>>

/** Outcome and reason of a command, or its error, in a line. */
export async function told(run: () => Promise<{ readonly outcome: string; readonly reason: string }>): Promise<string> {
  try {
    const { outcome, reason } = await run()
    return `${outcome}: ${reason}`
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
}

function hurt(target: Target, faults: Faults): Target {
  const verb =
    <A extends unknown[], T>(name: keyof NonNullable<Faults['verbs']>, run: (...told: A) => Promise<T>) =>
    async (...given: A) => {
      const why = faults.verbs?.[name]
      if (why !== undefined) throw new Error(why)
      return run(...given)
    }
  return {
    ...target,
    open: verb('open', target.open),
    prepare: verb('prepare', target.prepare),
    route: verb('route', target.route),
    retire: verb('retire', target.retire),
    sweep: verb('sweep', target.sweep),
    smokeTest: verb('smokeTest', target.smokeTest),
    async start(member) {
      const { start } = faults
      if (!start || start.version !== member.release.model.version) return target.start(member)
      return { ready: false, why: start.why, portLost: start.portLost }
    },
    events(rollout) {
      const events = target.events(rollout)
      return {
        ...events,
        async read() {
          const read = await events.read()
          return faults.events ? faults.events(read) : read
        },
        missing: async () => faults.missing ?? events.missing(),
      }
    },
  }
}
