import type { Member, OpenJournal, Rollout } from './journal.ts'
import { nameOf, type Release } from './release.ts'
import type { Target } from './targets/target.ts'

export type RolloutContext = {
  readonly environment: string
  readonly target: Target
  readonly journal: OpenJournal
  readonly log: (line: string) => void
  readonly signal?: AbortSignal
  /** Called when a canary goes on trial against `stable`. */
  readonly trialBegins?: (stable: Release) => Promise<void>
}

/** Brings the release that serves up, and all requests to it. One that cannot be started any more leaves the environment empty: the next one is its cure. */
export async function serveStable(context: RolloutContext): Promise<void> {
  const { journal, target, log } = context
  const failed = journal.now.stable ? await startAgain(context, 'stable') : null
  if (failed && journal.now.stable) {
    log(`${nameOf(journal.now.stable.release)}, which served here, cannot be started: ${failed}`)
    await journal.write({ stable: null })
  }
  await target.route({ rollout: null, stable: journal.now.stable, canary: null, weight: 0 })
}

/** Ends what serves, to make room for who comes after it; it stays in the journal, to be started again where that one is no good. Nobody is answered meanwhile. */
export async function makeRoom({ journal, target, log }: RolloutContext): Promise<void> {
  const { stable } = journal.now
  await target.route({ rollout: null, stable: null, canary: null, weight: 0 })
  if (!stable) return
  log(`${nameOf(stable.release)} is ended first: nobody is answered until the next one is ready`)
  await target.retire(stable)
}

/** Ends what was kept started in case somebody goes back to it. */
export async function endKept({ journal, target }: RolloutContext): Promise<void> {
  const { kept } = journal.now
  if (!kept) return
  await journal.write({ kept: null })
  await target.retire(kept.member)
}

/**
 * Starts what the journal knows and a reboot ended, before the gateway that still routes to it is started: a canary that merely is not there yet must not be
 * booked as one that fails. Whatever cannot be started is the rollout's business.
 */
export async function revive(context: RolloutContext): Promise<void> {
  const { rollout, canary } = context.journal.now
  for (const arm of armsThatRun(rollout, canary)) if (context.journal.now[arm]) await startAgain(context, arm)
}

/** Where one is ended before the next is started there is room for one: once the canary has its place it is the canary, and who is taken back ends before the other starts again. */
function armsThatRun(rollout: Rollout | null, canary: Member | null): readonly ('stable' | 'canary')[] {
  if (!rollout?.recreates) return ['stable', 'canary']
  if (rollout.phase === 'rolling back') return []
  return canary ? ['canary'] : ['stable']
}

/**
 * What a rollback, or a withdrawal, of one for whom room was made comes to: it ends, and who served before starts again. Returns null, or where that one does not start, that nobody is answered,
 * and what to do; it stays in the journal, and the next command tries again.
 */
export async function giveRoomBack(context: RolloutContext): Promise<string | null> {
  const { rollout, stable, canary } = context.journal.now
  if (!rollout?.recreates) return null
  if (canary) await context.target.retire(canary)
  const failed = stable && (await orWhy(context, () => run(context, 'stable')))
  return failed
    ? `nobody is answered: ${nameOf(stable.release)}, which served before, does not start again (${failed.why}); deploy another release, or bring that one's bundle back and deploy it`
    : null
}

/**
 * For a change that has to end: where a server cannot even be tried, as when its bundle is gone and nobody has it, that is a reason why it does not run, and not an error that comes again at each
 * command: then it is `untried`. Where servers cannot be asked after at all, the machine is at fault, and it throws.
 */
export async function orWhy(
  { journal, target }: RolloutContext,
  make: () => Promise<string | null>,
): Promise<{ readonly why: string; readonly untried?: true } | null> {
  try {
    const why = await make()
    return why === null ? null : { why }
  } catch (error) {
    const { stable, canary } = journal.now
    await target.observe([stable, canary].filter((member) => member !== null))
    return { why: (error as Error).message || String(error), untried: true }
  }
}

/** The same as `run` for one that ran here before: that its bundle is gone, and nobody has it, is only one more reason why it does not. */
export async function startAgain(context: RolloutContext, arm: 'stable' | 'canary'): Promise<string | null> {
  return run(context, arm).catch(({ message }: Error) => message)
}

/** Starts a journalled member, on another port where somebody took its own. Returns why it does not run, or null. */
export async function run({ journal, target }: RolloutContext, arm: 'stable' | 'canary'): Promise<string | null> {
  for (let attempt = 1; ; attempt++) {
    const member = journal.now[arm] as Member
    const started = await target.start(member)
    if (started.ready) return null
    if (!started.portLost || attempt >= 3) return started.why
    await journal.write({ [arm]: { ...member, ...(await target.place()) } })
  }
}

export async function smoke({ journal, target }: RolloutContext): Promise<string | null> {
  const wrong = await target.smokeTest(journal.now.canary as Member)
  return wrong && `smoke test: ${wrong}`
}
