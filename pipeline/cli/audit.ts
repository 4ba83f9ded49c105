import { join, resolve } from 'node:path'
import { InputError } from '../errors.ts'
import { stateDir } from '../release/targets/files.ts'
import { describeExported, describeRecords, describeVerified } from './describe-audit.ts'
import type { Answer, Call, Verb } from './verb.ts'

/** The verb `audit`: what the servers recorded. */
export const auditVerb = {
  what: 'verify, query and export what the servers recorded: every prediction and refusal',
  more: [
    'verify  reads every byte of the logs and places what was changed, is missing, or was added; exits with 1 when it finds something.',
    '        A log cannot show by itself that its end was taken away, or that all was written anew: note the hash it prints, and give it as --anchor later.',
    'query   prints the newest records that the options let through, or the rows of --sql over the view audit (time, kind, id, request, entity,',
    '        key, environment, arm, model, image, input, output, route, status, detail, ms, n, log, segment).',
    'export  writes the records that the options let through to a Parquet file.',
  ],
  words: ['verify', 'query', 'export'],
  options: {
    environment: { type: 'string', value: 'name', what: 'whose servers on this machine (default: production)' },
    folder: { type: 'string', value: 'folder', what: 'the logs of servers elsewhere: one, or a folder of them' },
    anchor: { type: 'string', value: 'hash', what: 'verify: a hash that was noted earlier; it must be in a log' },
    since: { type: 'string', value: 'time', what: 'query, export: from this time on, as 2026-07-01T12:00:00Z' },
    until: { type: 'string', value: 'time', what: 'query, export: before this time' },
    digest: { type: 'string', value: 'sha256:…', what: 'query, export: of this model, by the beginning of its digest' },
    entity: { type: 'string', value: 'key', what: 'query, export: of this entity, as harbour|2026-07-01' },
    id: { type: 'string', value: 'id', what: 'query, export: with this prediction id or request id' },
    limit: { type: 'string', value: 'number', what: 'query: how many rows at most (default: 20)' },
    sql: { type: 'string', value: 'query', what: 'query: one SELECT of your own, in place of the other options' },
    output: { type: 'string', value: 'file', what: 'export: the Parquet file' },
  },
  run: (call) => {
    if (call.options['word'] === 'verify') return verify(call)
    return call.options['word'] === 'query' ? query(call) : exportTo(call)
  },
} as const satisfies Verb

async function verify(call: Call): Promise<Answer> {
  const { verifyLogs } = await import('../audit/verify.ts')
  const verified = await verifyLogs(folderOf(call), option(call, 'anchor')?.replace('sha256:', ''))
  return { code: verified.ok ? 0 : 1, json: verified, text: describeVerified(verified, call.terminal.paint) }
}

async function query(call: Call): Promise<Answer> {
  const { queryAudit } = await import('../audit/query.ts')
  const limit = Number(option(call, 'limit') ?? 20)
  if (!Number.isInteger(limit) || limit < 1)
    throw new InputError(`audit query: --limit must be a whole number of at least 1, got ${option(call, 'limit')}`)
  const rows = await queryAudit(folderOf(call), { ...filterOf(call), sql: option(call, 'sql'), limit })
  return { code: 0, json: rows, text: describeRecords(rows) }
}

async function exportTo(call: Call): Promise<Answer> {
  const { exportAudit } = await import('../audit/export.ts')
  const output = option(call, 'output')
  if (!output) throw new InputError('audit export: --output is missing; it names the Parquet file')
  const exported = await exportAudit(folderOf(call), output, filterOf(call))
  return { code: 0, json: exported, text: describeExported(exported) }
}

const filterOf = (call: Call) => ({
  since: option(call, 'since'),
  until: option(call, 'until'),
  digest: option(call, 'digest'),
  entity: option(call, 'entity'),
  id: option(call, 'id'),
})

function folderOf(call: Call): string {
  const folder = option(call, 'folder')
  return folder ? resolve(folder) : join(stateDir(call.root, option(call, 'environment') ?? 'production'), 'audit')
}

function option(call: Call, name: string): string | undefined {
  const value = call.options[name]
  return typeof value === 'string' ? value : undefined
}
