import type { Level } from '../github/permissions.ts'

export type Permissions = { readonly [scope: string]: Level }

const scopes = [
  ...[
    'actions',
    'artifact-metadata',
    'attestations',
    'checks',
    'contents',
    'deployments',
    'discussions',
    'id-token',
    'issues',
  ],
  ...['models', 'packages', 'pages', 'pull-requests', 'security-events', 'statuses'],
]

/**
 * What a job's token may do: its own `permissions:`, else the workflow's, else what new repositories give. A scope that is not named is none
 * (https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#permissions). From a fork it may only read.
 */
export function permissionsOf(job: unknown, workflow: unknown, fork: boolean): Permissions {
  const given = spelledOut(job ?? workflow ?? { contents: 'read', packages: 'read' })
  if (!fork) return given
  const reading = Object.entries(given).filter(([scope, level]) => scope !== 'id-token' && level !== 'none')
  return Object.fromEntries(reading.map(([scope]) => [scope, 'read']))
}

function spelledOut(permissions: unknown): Permissions {
  if (permissions === 'read-all') return allOf('read')
  if (permissions === 'write-all') return allOf('write')
  const entries = Object.entries((permissions ?? {}) as Permissions)
  const unknown = entries.find(
    ([scope, level]) => !scopes.includes(scope) || !['read', 'write', 'none'].includes(level),
  )
  if (unknown) throw new Error(`permissions: ${unknown[0]}: ${unknown[1]} is nothing that GitHub knows`)
  return Object.fromEntries(entries)
}

const allOf = (level: Level): Permissions =>
  Object.fromEntries(scopes.filter((scope) => level === 'write' || scope !== 'id-token').map((scope) => [scope, level]))
