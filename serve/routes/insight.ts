import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import type { Members } from '../../pipeline/gateway-members.ts'
import { recentRecords } from '../audit/recent.ts'
import { Refusal } from '../problem.ts'
import type { Serving } from '../serving.ts'

const shownRecords = 20
const timeoutMs = 2000

/** What the page shows to who may read: `/v1/card` the model card, `/v1/audit` this server's newest audit records (a key's own, where `read` was not granted to it by name), `/v1/rollout` what the gateway tells of the rollout. */
export async function insightRoutes(app: FastifyInstance, { needs, insight, audit }: Serving) {
  const onRequest = needs('read')
  app.get('/v1/card', { onRequest }, async () => ({
    markdown: insight.card === undefined ? null : await readFile(insight.card, 'utf8').catch(() => null),
  }))
  app.get('/v1/audit', { onRequest }, async ({ principal }) => {
    const own = principal?.ownRecords ? principal.id : undefined
    return { records: audit ? await recentRecords(audit.status.file, shownRecords, own) : [] }
  })
  app.get('/v1/rollout', { onRequest }, async () => {
    if (!insight.rollout) return { rollout: null, stable: null, canary: null, weight: 0, counts: {}, verdict: null }
    return readRollout(insight.rollout).catch((error: Error) => {
      app.log.warn({ err: error }, 'the gateway tells nothing of the rollout')
      throw new Refusal(503, 'the gateway tells nothing of the rollout now', { retryAfterSeconds: 5 })
    })
  })
}

type Told = Pick<Members, 'rollout' | 'stable' | 'canary' | 'weight'> & {
  readonly counts: object
  readonly said?: string
}

/** What `GET /members` of the gateway's control side says, without the addresses in it. */
async function readRollout({ url, tokenFile }: { readonly url: string; readonly tokenFile: string }): Promise<object> {
  const token = (await readFile(tokenFile, 'utf8')).trim()
  const answer = await fetch(new URL('/members', url), {
    headers: { authorization: `Bearer ${token}` },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (!answer.ok) throw new Error(`it answers ${answer.status}`)
  const { rollout, stable, canary, weight, counts, said } = (await answer.json()) as Told
  const verdict = canary && said !== undefined ? said : null
  return { rollout, stable: stable?.digest ?? null, canary: canary?.digest ?? null, weight, counts, verdict }
}
