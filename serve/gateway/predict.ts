import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Arm } from '../../pipeline/gateway-members.ts'
import { answered, attempt, type Outcome, type Request, unasked } from './attempt.ts'
import { headersFor } from './headers.ts'
import type { Line } from './lines.ts'
import type { GatewayMetrics } from './metrics.ts'
import { disagrees } from './mirror.ts'
import { available, type Draw, type Scene, type Switchboard } from './switchboard.ts'

const defaultTimeoutMs = 2000
// Longer than an arm on trial is given: where nobody else can answer, late is better than never.
const stableTimeoutMs = 30_000
const reconnectMs = 50
const maxMirrored = 64

export type Asking = {
  /** One prediction request: first attempt, booked whatever the client does meanwhile, then what is needed for an answer. */
  predict(scene: Scene, request: Request, headers: IncomingHttpHeaders): Promise<Outcome>
  /** Any other request: to stable, twice where it may be repeated. */
  toStable(scene: Scene, request: Request, repeatable: boolean): Promise<Outcome>
}

/** Asks members for answers: the arm that is drawn, stable where that one fails, and a canary in the shadow where requests are mirrored. */
export function createAsking(switchboard: Switchboard, metrics: GatewayMetrics): Asking {
  let mirrored = 0

  async function predict(scene: Scene, request: Request, headers: IncomingHttpHeaders): Promise<Outcome> {
    const draw = switchboard.draw(scene, headers)
    const { arm } = draw
    const timeoutMs = scene.members.timeoutMs ?? defaultTimeoutMs
    const asked = ask(scene, arm, request, arm === 'canary' ? timeoutMs : stableTimeoutMs)
    const booking = booker(scene, draw, timeoutMs)
    // The copy waits for nobody, and nobody for it.
    if (draw.mirrored) void shadow(scene, request, draw, asked, timeoutMs)
    const first = await asked
    booking(first)
    if (arm === 'canary' && (!answered(first) || first.status >= 500)) {
      metrics.retried()
      return toStable(scene, request, true)
    }
    if (answered(first) || first.why !== 'connection') return first
    return again(scene, request)
  }

  async function shadow(
    scene: Scene,
    request: Request,
    { client }: Draw,
    stable: Promise<Outcome>,
    timeoutMs: number,
  ): Promise<void> {
    const { mirror } = scene.members
    if (!mirror || !scene.canary) return
    if (mirrored >= maxMirrored) return metrics.paired('dropped')
    mirrored += 1
    switchboard.hold(scene)
    const [canary, ours] = await Promise.all([send(scene.canary, 'shadow', request, timeoutMs), stable])
    const differ = disagrees(ours, canary, mirror.tolerance)
    metrics.paired(differ === null ? 'none' : differ ? 'disagree' : 'agree')
    if (differ !== null)
      switchboard.bookPair(scene, { at: Date.now(), disagrees: differ, ...(client === undefined ? {} : { client }) })
    switchboard.release(scene)
    mirrored -= 1
  }

  async function toStable(scene: Scene, request: Request, repeatable: boolean): Promise<Outcome> {
    const outcome = await ask(scene, 'stable', request, stableTimeoutMs)
    if (answered(outcome) || outcome.why !== 'connection' || !repeatable) return outcome
    return again(scene, request)
  }

  /** Once more, after 25 to 75 ms: long enough for a server that closes connections to be done with it, and not all at the same moment. */
  async function again(scene: Scene, request: Request): Promise<Outcome> {
    await sleep(reconnectMs * (0.5 + Math.random()))
    metrics.retried()
    return ask(scene, 'stable', request, stableTimeoutMs)
  }

  /** Books an outcome once, or that there was none in time: nobody's evidence waits longer for stable than for a canary. */
  function booker(scene: Scene, draw: Draw, timeoutMs: number): (outcome: Outcome) => void {
    if (draw.arm === 'canary' || draw.place === undefined) return (outcome) => book(scene, draw, outcome, timeoutMs)
    let booked = false
    const once = (outcome: Outcome) => {
      clearTimeout(limit)
      if (!booked) book(scene, draw, outcome, timeoutMs)
      booked = true
    }
    const limit = setTimeout(() => once({ ...unasked, ms: timeoutMs }), timeoutMs)
    return once
  }

  /** Both arms are measured alike: an answer after `timeoutMs` counts as none, though stable's is waited for and passed on. */
  function book(scene: Scene, draw: Draw, outcome: Outcome, timeoutMs: number): void {
    const { arm, weight, client } = draw
    const inTime = answered(outcome) && outcome.ms <= timeoutMs
    const told = inTime && outcome.status < 500 ? outcome.headers : {}
    const bin = Number(told['x-mergeline-bin'] ?? Number.NaN)
    const status = inTime ? outcome.status : 0
    const ms = Math.round(Math.min(outcome.ms, timeoutMs) * 100) / 100
    metrics.asked(arm, status, ms)
    switchboard.book(scene, draw, {
      at: Date.now(),
      arm,
      weight,
      status,
      ms,
      bin: Number.isInteger(bin) && bin >= 0 && bin <= 19 ? bin : null,
      out: told['x-mergeline-out-of-range'] === '1' ? 1 : 0,
      ...(client === undefined ? {} : { client }),
    })
  }

  return { predict, toStable }
}

const ask = (scene: Scene, arm: Arm, request: Request, timeoutMs: number) =>
  send(scene[arm] as Line, arm, request, timeoutMs)

/** Sends nothing to a member that is not ready, or whose breaker is open. */
function send(line: Line, as: Arm | 'shadow', request: Request, timeoutMs: number): Promise<Outcome> {
  if (!available(line)) return Promise.resolve(unasked)
  const { method, path, headers, body } = request
  return attempt(line.pool, { method, path, headers: headersFor(headers, as), body }, timeoutMs, line.breaker.tell)
}
