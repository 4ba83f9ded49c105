import type { Context } from '../../pipeline/steps/context.ts'
import { doubter } from './attestation.ts'
import type { GitHub } from './github.ts'
import { modelStore } from './model-store.ts'
import type { Runner } from './runner.ts'

/**
 * Where the steps may look on GitHub: for recorded trainings, believing `trust`, and in the model store. Nowhere without a token, and `train` says so. Octokit is loaded when
 * something is asked, not before.
 */
export function onGitHub(
  runner: Runner,
  token: string,
  trust: 'any' | 'recorded' = 'any',
): Pick<Context, 'recorded' | 'store' | 'trust'> {
  const { root, github: run } = runner
  const believed = { trust: trust === 'any' ? 'mlflow' : 'recorded' } as const
  if (token === '' || run.repository === '')
    return { ...believed, recorded: async () => ({ why: 'without a token, GitHub is not asked for earlier runs' }) }
  let connected: Promise<GitHub> | undefined
  const connect = () => {
    connected ??= import('./github.ts').then(({ openGitHub }) => openGitHub(runner, token))
    return connected
  }
  const page = `${run.serverUrl}/${run.repository}/actions/runs/${run.runId}`
  const store = modelStore(connect, `Registered for commit ${run.sha} by ${page}.`)
  return {
    ...believed,
    store,
    recorded: async (fingerprint, folder) => {
      const { findRecorded } = await import('./recorded-training.ts')
      const looking = { root, run, trust, store, doubt: doubter(runner, token) }
      return findRecorded(await connect(), looking, fingerprint, folder)
    },
  }
}
