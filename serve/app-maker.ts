import { InputError } from '../pipeline/errors.ts'
import type { LoadedBundle } from '../pipeline/tracking/bundle.ts'
import { type AppOptions, createApp } from './app.ts'
import type { ServerSettings } from './settings.ts'
import type { Served } from './swap.ts'

function rolloutOf({ MERGELINE_ROLLOUT_URL: url, MERGELINE_ROLLOUT_TOKEN_FILE: tokenFile }: ServerSettings) {
  if (url === undefined && tokenFile === undefined) return undefined
  if (url !== undefined && tokenFile !== undefined) return { url, tokenFile }
  throw new InputError('MERGELINE_ROLLOUT_URL and MERGELINE_ROLLOUT_TOKEN_FILE belong together: set both, or neither')
}

type Common = Pick<AppOptions, 'lookup' | 'audit' | 'versions' | 'tls' | 'reload' | 'arrivals'>

/** Makes what makes the app of a bundle, ready to answer, as the settings say; `first` is the digest of the bundle that the settings tell of. */
export function createAppMaker(
  settings: ServerSettings,
  { first, ...common }: Common & { readonly first: string },
): (bundle: LoadedBundle) => Promise<Served> {
  return async (bundle) => {
    const app = await createApp({
      ...common,
      bundle,
      model: {
        name: settings.MERGELINE_MODEL_NAME,
        image: settings.MERGELINE_IMAGE,
        // What came in its place is another version, of another training and commit, and nobody has told which.
        ...(bundle.digest === first
          ? {
              version: settings.MERGELINE_MODEL_VERSION,
              fingerprint: settings.MERGELINE_MODEL_FINGERPRINT,
              commit: settings.MERGELINE_COMMIT,
            }
          : {}),
      },
      environment: settings.MERGELINE_ENVIRONMENT,
      logger: { base: { digest: bundle.digest, pid: process.pid } },
      maxInFlight: settings.MERGELINE_MAX_IN_FLIGHT,
      maxWaitMs: settings.MERGELINE_MAX_WAIT_MS,
      maxRecords: settings.MERGELINE_MAX_RECORDS,
      requestsPerMinute: settings.MERGELINE_RATE_LIMIT,
      docs: settings.MERGELINE_DOCS === 'on',
      page: settings.MERGELINE_PAGE === 'on',
      insight: { card: settings.MERGELINE_MODEL_CARD, rollout: rolloutOf(settings) },
    })
    await app.ready()
    return { app, bundle }
  }
}
