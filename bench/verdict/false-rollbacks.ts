import { createVerdict } from '../../pipeline/release/verdict.ts'
import { mannWhitney, threshold } from './peers.ts'
import { endless, healthy, independent, inWaves, sticky, type Traffic } from './traffic.ts'

/** What both arms do while the canary is no worse. */
export const kinds = {
  'incident on both arms, all in waves': { canary: healthy, waves: true },
  calm: { canary: healthy, waves: false },
  'a better but different model': { canary: { ...healthy, errors: 0.0005, slow: 0.005 }, waves: true },
  '500 sticky clients': { canary: healthy, clients: 500 },
} as const
export type Kind = keyof typeof kinds

export type Back = { rollouts: number; ours: number; threshold95: number; threshold99: number; mannWhitney: number }

/** Windows of a step: one that long is as much as several short ones. */
const windowsOf = (window: number) => (window >= 10_000 ? 1 : 2)

/**
 * Whole rollouts at 5, 25 and 50 %, two windows each (one where it is long), that no evidence promotes: the verdict looks after every request to the end. Counts those that each rule rolls back. The fixed thresholds
 * measure once a window; Mann-Whitney judges once at the end.
 */
export function falseRollbacks({
  kind,
  window,
  from,
  to,
}: {
  kind: Kind
  window: number
  from: number
  to: number
}): Back {
  const back: Back = { rollouts: to - from, ours: 0, threshold95: 0, threshold99: 0, mannWhitney: 0 }
  const setting: { readonly canary: typeof healthy; readonly waves?: boolean; readonly clients?: number } = kinds[kind]
  const traffic: Traffic = { stable: healthy, canary: setting.canary }
  const requests = windowsOf(window) * window
  for (let seed = from; seed < to; seed++) {
    const number = seed + 1 + 7_000_003 * Math.round(Math.log10(window))
    const plain = setting.clients ? sticky(number, setting.clients) : independent(number)
    const request = setting.waves ? inWaves(number) : plain
    const { observe, decided } = createVerdict(endless)
    // A window of the others is as long in time: at 5 % the canary gets so many requests in it.
    const measured = Math.max(1, Math.round(window * 0.05))
    const peers = {
      threshold95: threshold('errors', 0.95, measured),
      threshold99: threshold('errors', 0.99, measured),
      mannWhitney: mannWhitney('errors', measured, 3 * windowsOf(window)),
    }
    const others = Object.values(peers)
    for (const weight of endless.steps)
      for (let i = 0; i < requests; i++) {
        // An incident in every step, for a tenth of its time.
        const event = request(traffic, weight, i >= 0.9 * requests)
        observe(event)
        for (const rule of others) rule.observe(event)
      }
    if (decided() === 'roll back') back.ours += 1
    for (const name of ['threshold95', 'threshold99', 'mannWhitney'] as const) if (peers[name].back()) back[name] += 1
  }
  return back
}
