import { randomBytes } from 'node:crypto'
import type { Level, Need } from './permissions.ts'
import { nextId, now, type State } from './state.ts'

/** Who asks: a job by its token, a person, or nobody (no credential). `unknown` is a credential that is not ours, or no longer. */
export type Who =
  | ({ readonly kind: 'job'; readonly token: string; readonly runId: number; readonly attempt: number } & JobGrant)
  | { readonly kind: 'person'; readonly login: string }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'unknown' }

type JobGrant = {
  readonly job: string
  readonly permissions: { readonly [scope: string]: Level }
  readonly fork: boolean
}

/** What a workflow file's job asks for; `fork` is a pull request from one, whose token may only read, whatever is declared. */
export type JobOf = {
  readonly runId: number
  readonly job: string
  readonly permissions: { readonly [scope: string]: Level }
  readonly fork?: boolean
}

export type Tokens = { readonly token: string; readonly runtimeToken: string }

export type Credentials = ReturnType<typeof openCredentials>

/** The tokens of a repository's jobs, and who a credential belongs to. */
export function openCredentials(state: State) {
  const jobs = new Map<string, Who & { kind: 'job' }>()
  return {
    /** Tokens for a job that begins now, in the run's latest attempt. Both end with the attempt. Throws for an unknown run. */
    mint({ runId, job, permissions, fork = false }: JobOf): Tokens {
      const run = state.runs.findLast(({ id }) => id === runId)
      if (!run) throw new Error(`there is no run ${runId}`)
      const { attempt } = run
      const token = `ghs_${randomBytes(18).toString('hex')}`
      const id = nextId(state)
      state.jobs.push({
        id,
        runId,
        attempt,
        name: job,
        startedAt: now(),
        status: 'in_progress',
        conclusion: null,
        completedAt: null,
      })
      const scp = `Actions.Results:${backendId(runId, attempt)}:job-${id}`
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const exp = Math.floor(Date.now() / 1000) + 6 * 3600
      const runtimeToken = `${part({ alg: 'none', typ: 'JWT' })}.${part({ scp, exp })}.${randomBytes(18).toString('base64url')}`
      const who = { kind: 'job', token, runId, attempt, job, permissions, fork } as const
      jobs.set(token, who)
      jobs.set(runtimeToken, who)
      return { token, runtimeToken }
    },
    /** A job's tokens die with its run. */
    end(runId: number) {
      for (const [token, who] of jobs) if (who.runId === runId) jobs.delete(token)
    },
    /** Whose an `Authorization` header is: `Bearer`, `token` or Basic with a job's token; people are `user:<login>`, in Basic as name and password. */
    whose(header: string | undefined): Who {
      if (!header) return { kind: 'nobody' }
      const [, scheme = '', value = ''] = /^(\w+) +(.+)$/.exec(header) ?? []
      const basic = scheme.toLowerCase() === 'basic'
      const given = basic ? Buffer.from(value, 'base64').toString() : value
      const [, login] = /^user:([\w-]+)$/.exec(given) ?? []
      if (login) return { kind: 'person', login }
      return jobs.get(basic ? given.slice(given.indexOf(':') + 1) : given) ?? { kind: 'unknown' }
    },
  }
}

/** How GitHub's service for artifacts calls one attempt of a run. */
export const backendId = (runId: number, attempt: number) => `run-${runId}-${attempt}`

/** What a request is logged under. */
export const nameOf = (who: Who) =>
  who.kind === 'job' ? `job ${who.job} of run ${who.runId}` : who.kind === 'person' ? who.login : who.kind

/** The login that GitHub shows for what somebody did. */
export const loginOf = (who: Who) => (who.kind === 'person' ? who.login : 'github-actions[bot]')

/** Whether one of the needs is met. An empty list needs no permission; a job's token has `metadata: read` always. */
export function meets(who: Who, needs: readonly Need[], state: State): boolean {
  if (needs.length === 0) return true
  if (who.kind === 'person') {
    const role = state.roles[who.login] ?? 'write'
    return role !== 'read' || needs.some(([, level]) => level === 'read')
  }
  if (who.kind !== 'job') return false
  return needs.some(([scope, level]) => {
    const given = scope === 'metadata' ? 'read' : (who.permissions[scope] ?? 'none')
    return level === 'read' ? given !== 'none' : given === 'write' && !who.fork
  })
}
