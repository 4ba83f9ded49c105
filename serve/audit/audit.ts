import type { FastifyReply, FastifyRequest } from 'fastify'
import { createTelling } from '../../pipeline/audit/entity.ts'
import type { Pseudonym } from '../../pipeline/audit/pseudonym.ts'
import { Refusal } from '../problem.ts'
import type { AuditLog, LogStatus } from './log.ts'
import { makeId } from './prediction-id.ts'
import { createRefusalLines } from './refusal-lines.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The ids of the predictions that this request is answered with; null where none were recorded. */
    predictionIds: readonly string[] | null
  }
}

export type AuditOptions = {
  readonly log: AuditLog
  readonly environment: string
  /** The digest of the image that this server runs in, where it runs in one. */
  readonly image: string | null
  /** What happens while nothing can be written: nobody is predicted for, or everybody, and what has no record is counted. */
  readonly unwritable: 'refuse' | 'serve'
  readonly recordSchema: object
  /** The fields of a record that say of whom or what it is: the key by which its label finds it. */
  readonly keyFields: readonly string[]
  readonly pseudonym: Pseudonym
  /** Refusals a second that get a line each. */
  readonly maxRefusals?: number
}

export type Predicted = {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** The digest of the bundle that predicted. */
  readonly digest: string
  readonly records: readonly object[]
  readonly predictions: readonly number[]
}

export type Audit = {
  /** Throws Refusal 503 while nothing may be predicted, because it could not be recorded. */
  admit(): void
  /**
   * Records the predictions of one request before its answer leaves, and returns their ids, which are also told by `x-mergeline-prediction-ids` (100 of them at most);
   * `x-request-id` names the request. Throws Refusal 503 where they cannot be recorded and may not leave without.
   */
  predicted(what: Predicted): Promise<readonly string[]>
  /** Records that a request was refused, before it is told so; those that only look (GET) ask for no prediction and have none. Never throws. */
  refused(request: FastifyRequest, reply: FastifyReply, status: number, detail: string, digest: string): Promise<void>
  /** Counts a request that was refused before anything was read of it. */
  turnedAway(status: number): void
  readonly status: LogStatus & {
    readonly unwritable: 'refuse' | 'serve'
    /** Predictions that left without a record since the server started. */
    readonly lost: number
  }
  readonly onBatch: AuditLog['onBatch']
  close(): Promise<void>
}

const maxIdsInHeader = 100
const maxDetail = 500

/** Makes the audit of a server: from requests and answers to lines of the log. */
export function createAudit(options: AuditOptions): Audit {
  const { log, unwritable } = options
  const telling = createTelling(options.recordSchema, options.keyFields, options.pseudonym)
  const refusals = createRefusalLines(options.maxRefusals ?? 1000, options.environment)
  const environment = JSON.stringify(options.environment)
  const image = JSON.stringify(options.image)
  const times = createTimes()
  let lost = 0

  /** What prediction and refusal tell alike, in two parts: who asked, and what answered. */
  function common(request: FastifyRequest, reply: FastifyReply, digest: string): readonly [string, string] {
    const id = requestId(request)
    reply.header('x-request-id', id)
    const key = JSON.stringify(request.principal?.id ?? null)
    return [
      `"at":"${times()}","request":"${id}"`,
      `"key":${key},"environment":${environment},"arm":"${armOf(request)}","model":"${digest}","image":${image}`,
    ]
  }

  const unrecorded = () =>
    new Refusal(503, 'predictions cannot be recorded now, so none are made', { retryAfterSeconds: 1 })

  async function writeCounted(): Promise<void> {
    const { lines, requests } = refusals.counted()
    if (requests > 0) await log.append(lines, { lost: 0, refused: requests }).catch(() => {})
  }
  const flush = setInterval(writeCounted, 1000).unref()

  return {
    admit() {
      if (unwritable === 'refuse' && log.failing !== undefined) throw unrecorded()
    },

    async predicted({ request, reply, digest, records, predictions }) {
      const [asked, answered] = common(request, reply, digest)
      const ms = rounded(reply.elapsedTime)
      const ids: string[] = []
      const lines = records.map((record, index) => {
        const id = makeId()
        ids.push(id)
        const entity = JSON.stringify(telling.entity(record))
        return `"kind":"prediction",${asked},"id":"${id}","index":${index},"entity":${entity},${answered},"input":${telling.input(record)},"output":${predictions[index]},"ms":${ms}`
      })
      try {
        await log.append(lines, { lost: unwritable === 'serve' ? lines.length : 0, refused: 0 })
      } catch {
        if (unwritable === 'refuse') throw unrecorded()
        lost += lines.length
      }
      if (ids.length <= maxIdsInHeader) reply.header('x-mergeline-prediction-ids', ids.join(','))
      return ids
    },

    async refused(request, reply, status, detail, digest) {
      if (request.method !== 'POST' || !refusals.alone(status, request.principal !== null)) return
      const [asked, answered] = common(request, reply, digest)
      const route = JSON.stringify(request.routeOptions.url ?? null)
      const line = `"kind":"refusal",${asked},${answered},"route":${route},"status":${status},"detail":${JSON.stringify(detail.slice(0, maxDetail))},"ms":${rounded(reply.elapsedTime)}`
      await log.append([line], { lost: 0, refused: 1 }).catch(() => {})
    },

    turnedAway: refusals.count,
    onBatch: log.onBatch,
    get status() {
      return { ...log.status, unwritable, lost }
    },
    async close() {
      clearInterval(flush)
      await writeCounted()
      await log.close()
    },
  }
}

const rounded = (ms: number) => Math.round(ms * 1000) / 1000

/** The client's own id of a request where it is one, else a new one. */
function requestId(request: FastifyRequest): string {
  const own = request.headers['x-request-id']
  return typeof own === 'string' && /^[\w.:-]{1,128}$/.test(own) ? own : makeId()
}

/** The arm that the gateway asked as; a server without a gateway is stable. */
function armOf(request: FastifyRequest): 'stable' | 'canary' | 'shadow' {
  const arm = request.headers['x-mergeline-arm']
  return arm === 'canary' || arm === 'shadow' ? arm : 'stable'
}

/** The time now, in UTC to the millisecond; made once for all requests of a millisecond. */
function createTimes(): () => string {
  let last = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now === last) return text
    last = now
    text = new Date(now).toISOString()
    return text
  }
}
