import { shownRepository } from '../shown/repository.ts'
import { found, paged, type Route, refuse } from './route.ts'

const variables = '/repos/{owner}/{repo}/actions/variables'
const attestations = '/repos/{owner}/{repo}/attestations'

/** The repository itself, its variables (which no job may read through the API), and attestations. */
export const repositoryRoutes: readonly Route[] = [
  {
    operation: 'GET /repos/{owner}/{repo}',
    needs: [['metadata', 'read']],
    answer: ({ world }) => ({ body: { ...shownRepository(world), network_count: 0, subscribers_count: 0 } }),
  },
  {
    operation: `GET ${variables}`,
    needs: [['variables', 'read']],
    answer: (call) =>
      paged(call, Object.entries(call.world.state.variables), shownVariable, (list, total_count) => ({
        total_count,
        variables: list,
      })),
  },
  {
    operation: `GET ${variables}/{name}`,
    needs: [['variables', 'read']],
    answer: ({ world, params }) =>
      found(
        Object.entries(world.state.variables).find(([name]) => name === params['name']),
        shownVariable,
      ),
  },
  {
    operation: `GET ${attestations}/{subject_digest}`,
    needs: [['attestations', 'read']],
    answer({ world, params, query }) {
      const { predicate_type: wanted } = query
      const own = world.state.attestations.filter(({ subject }) => subject === params['subject_digest'])
      const list = own.filter(({ bundle }) => !wanted || statementOf(bundle)?.predicateType === wanted)
      if (own.length === 0) return refuse(404, 'Not Found')
      return { body: { attestations: list.map(({ bundle }) => ({ bundle, repository_id: 1, bundle_url: '' })) } }
    },
  },
  {
    operation: `POST ${attestations}`,
    needs: [['attestations', 'write']],
    answer({ world: { state }, body: { bundle } }) {
      const statement = statementOf(bundle)
      if (!statement) return refuse(422, 'The bundle has no in-toto statement')
      for (const { digest } of statement.subject)
        state.attestations.push({ subject: `sha256:${digest.sha256}`, bundle })
      return { status: 201, body: { id: state.attestations.length } }
    },
  },
]

function shownVariable([name, value]: readonly [string, string]) {
  return { name, value, created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z' }
}

type Statement = {
  readonly predicateType: string
  readonly subject: readonly { readonly digest: { readonly sha256: string } }[]
}

/** What a Sigstore bundle attests: an in-toto statement in a DSSE envelope. Signatures are not checked here. */
function statementOf(bundle: { readonly [key: string]: unknown }): Statement | undefined {
  const { dsseEnvelope } = bundle as { dsseEnvelope?: { payload?: string } }
  if (!dsseEnvelope?.payload) return undefined
  return JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as Statement
}
