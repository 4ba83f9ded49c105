import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Members } from '../../pipeline/gateway-members.ts'
import type { TaskRecord } from '../../pipeline/task/record.ts'
import type { LoadedBundle } from '../../pipeline/tracking/bundle.ts'
import type { Event } from '../../serve/gateway/events.ts'
import { type Gateway, type GatewayOptions, startGateway } from '../../serve/gateway/gateway.ts'
import type { Status } from '../../serve/gateway/switchboard.ts'
import { keyLookup } from '../../serve/keys.ts'

export const digest = (letter: string) => `sha256:${letter.repeat(64)}`
export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
export const apiKey = 'a key for tests'

/** A record of a task of its own: what these tests say holds for any task. */
export const record = { shop: 'north', date: '2026-07-01', temperature_c: 20, recent: [1, 2, 3] }

const recordSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['shop', 'date', 'temperature_c', 'recent'],
  properties: {
    shop: { enum: ['north', 'south'] },
    date: { type: 'string', format: 'date' },
    temperature_c: { type: 'number', minimum: -30, maximum: 50, unit: '°C' },
    recent: { type: 'array', items: { type: 'number' }, minItems: 3, maxItems: 3 },
  },
}

/** A bundle whose model predicts ten times the temperature; reference bins are 10 wide, from 10 to 190. */
export function fakeBundle(more: Partial<LoadedBundle> = {}): LoadedBundle {
  const predict = (records: readonly unknown[]) => (records as (typeof record)[]).map((one) => one.temperature_c * 10)
  return {
    digest: digest('a'),
    manifest: {
      format: 1,
      backend: 'cpu',
      target: 'units',
      window: { from: '2020-01-01', trainUntil: '2021-01-01', until: '2022-01-01' },
      files: {},
    },
    recordSchema,
    profile: {
      quantiles: Array.from({ length: 19 }, (_, index) => (index + 1) * 10),
      minimum: 0,
      maximum: 300,
      records: 100,
    },
    golden: [{ record: record as unknown as TaskRecord, prediction: 200 }],
    backend: 'cpu',
    predict,
    dispose: () => {},
    ...more,
  }
}

/** What the tests' key may do: all, where a test does not say otherwise. */
export const lookup = keyLookup([
  { id: 'another', scopes: ['predict'], sha256: sha256('another key') },
  { id: 'tests', scopes: ['predict', 'read'], sha256: sha256(apiKey) },
])

/** An app for tests: the bundle above, the key above. */
export const appOptions = { bundle: fakeBundle(), model: { name: 'fake' }, lookup, environment: 'test' }

export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'mergeline-serve-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

type Answerer = (request: IncomingMessage, response: ServerResponse, body: string) => void

/** A server behind the gateway, on loopback; `answer` may be replaced at any time. What it says on `/ready` is `ready`, and is no request. */
export async function startMember(letter: string, answer: Answerer = answers(letter)) {
  const member = {
    url: '',
    digest: digest(letter),
    requests: 0,
    ready: true,
    answer,
    close: () => {
      server.closeAllConnections()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
    [Symbol.asyncDispose]: () => member.close(),
  }
  const server = createServer(async (request, response) => {
    if (request.url === '/ready') {
      response.writeHead(member.ready ? 200 : 503)
      return response.end(JSON.stringify({ digest: member.digest, ready: member.ready }))
    }
    member.requests += 1
    let body = ''
    for await (const chunk of request) body += chunk
    member.answer(request, response, body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  member.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return member
}

export const answers =
  (letter: string, status = 200): Answerer =>
  (_request, response, body) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'x-mergeline-digest': digest(letter),
      'x-mergeline-bin': '7',
      'x-mergeline-out-of-range': '1',
    })
    response.end(JSON.stringify({ from: letter, body }))
  }

/** A gateway in this process with a state folder of its own, and the verbs of its control side. */
export async function startTestGateway(more: Partial<GatewayOptions> = {}) {
  const folder = await temporaryFolder()
  const state = more.state ?? folder.path
  const options = { host: '127.0.0.1', port: 0, state, tokenFile: join(state, 'control-token'), quietMs: 50, ...more }
  let gateway: Gateway = await startGateway(options)
  const token = () => readFileSync(options.tokenFile, 'utf8').trim()
  const control = (method: string, path: string, body?: unknown) =>
    fetch(`http://127.0.0.1:${gateway.controlPort}${path}`, {
      method,
      headers: { authorization: `Bearer ${token()}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return {
    state,
    control,
    url: () => `http://127.0.0.1:${gateway.port}`,
    put: async (members: Partial<Members>) => {
      const answer = await control('PUT', '/members', {
        rollout: null,
        stable: null,
        canary: null,
        weight: 0,
        ...members,
      })
      if (!answer.ok) throw new Error(await answer.text())
      return (await answer.json()) as Status
    },
    status: async () => (await (await control('GET', '/members')).json()) as Status,
    events: (rollout: string) => readEvents(state, rollout),
    restart: async () => {
      await gateway.stop()
      gateway = await startGateway(options)
    },
    stop: () => gateway.stop(),
    [Symbol.asyncDispose]: async () => {
      await gateway.stop()
      await folder[Symbol.asyncDispose]()
    },
  }
}

export type NumberedEvent = Event & { readonly n: number }

export function readLines(state: string, rollout: string): readonly string[] {
  return readFileSync(join(state, 'events', `${rollout}.jsonl`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}

function readEvents(state: string, rollout: string): readonly NumberedEvent[] {
  return readLines(state, rollout)
    .map((line) => JSON.parse(line))
    .filter((line) => 'n' in line)
}

/** A trial whose canary, the same server again, is drawn for one request of a thousand million: requests are events, and stable's. */
export const barelyTried = (member: { readonly url: string; readonly digest: string }) => ({
  stable: memberOf(member),
  canary: memberOf(member),
  weight: 1e-9,
})

export const memberOf = ({ url, digest }: { readonly url: string; readonly digest: string }) => ({ url, digest })

/** Sends one prediction request through a gateway. */
export async function predictThrough(url: string, body = '{"records":[1]}') {
  const answer = await fetch(`${url}/v1/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as { readonly from?: string; readonly body?: string; readonly status?: number },
  }
}
