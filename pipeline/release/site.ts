import { openClients } from './clients.ts'
import type { DeployOptions } from './deployment.ts'
import { type Environment, isRehearsal } from './environment.ts'
import { lockEnvironment, openJournal } from './journal.ts'
import type { RolloutContext } from './serving.ts'
import { type Settled, writeAliases, writePromotions, writeReverts } from './settle.ts'
import { stateDir } from './targets/files.ts'
import { createHost } from './targets/host.ts'

/** An environment on this machine, in the hands of one command until it is disposed. */
export type Site = RolloutContext &
  AsyncDisposable & {
    readonly root: string
    readonly clients: ReturnType<typeof openClients>
    /** Tells Git and the registry what they have not heard of, and ends what a killed command left behind and the journal does not know. */
    readonly settle: (attempts?: number) => Promise<Settled>
  }

/** Opens it, once no other command of this machine changes it. Throws InputError naming the process that does. */
export async function openSite(options: DeployOptions, policy: Environment): Promise<Site> {
  const { root, environment, bundle, registry, log = () => {}, signal } = options
  await using opened = new AsyncDisposableStack()
  const state = stateDir(root, environment)
  opened.use(await lockEnvironment(state, environment))
  const journal = await openJournal(state)
  const target = options.target ?? createHost({ root, state, name: environment, environment: policy, bundle, log })
  // Where people are served, they are the clients.
  const clients = opened.use(openClients(isRehearsal(policy) ? options.clients : undefined))
  const settling = { root, environment, journal, log }
  const mine = opened.move()
  return {
    ...{ root, environment, target, journal, log, clients },
    ...(signal ? { signal } : {}),
    trialBegins: clients.begin,
    async settle(attempts) {
      const reverts = await writeReverts(settling, attempts)
      const promotions = await writePromotions(settling, attempts)
      await writeAliases(settling, registry)
      if (journal.now.kept && journal.now.kept.until <= Date.now()) await journal.write({ kept: null })
      const { stable, canary, kept, rollout } = journal.now
      await target.sweep([stable, canary, kept?.member ?? null].filter((member) => member !== null))
      await target.forget(rollout?.id ?? null)
      return { ...reverts, ...promotions }
    },
    [Symbol.asyncDispose]: () => mine.disposeAsync(),
  }
}
