/** What a token may do with one kind of thing, as in a workflow's `permissions:`. */
export type Level = 'read' | 'write' | 'none'

/** One permission that is enough for a route. `variables` and `administration` are scopes that no workflow can ask for. */
export type Need = readonly [scope: Scope, level: 'read' | 'write']

type Scope =
  | 'actions'
  | 'administration'
  | 'attestations'
  | 'checks'
  | 'contents'
  | 'deployments'
  | 'issues'
  | 'metadata'
  | 'pull-requests'
  | 'statuses'
  | 'variables'
