import { createVerdict } from '../../pipeline/release/verdict.ts'
import { mannWhitney, threshold } from './peers.ts'
import { type Arm, endless, healthy, independent, inWaves, sticky } from './traffic.ts'

type Setting = {
  /** Healthy unless told. */
  readonly stable?: Arm
  readonly canary?: Arm
  /** What stable is like in the second half of each step. */
  readonly later?: Arm
  readonly waves?: boolean
  readonly clients?: number
}
// As where production asks for one thing only, which each model predicts alike every time.
const crowded: Arm = { ...healthy, constant: true }
// As on a warm half of the year.
const halved: Arm = { ...healthy, upper: true }

/** What both arms do while the canary is no worse. */
export const kinds = {
  'incident on both arms, all in waves': { waves: true },
  calm: {},
  'a better but different model': { canary: { ...healthy, errors: 0.0005, slow: 0.005 }, waves: true },
  '500 sticky clients': { clients: 500 },
  '10 % refused by both arms, all in one bin': {
    stable: { ...crowded, refused: 0.1 },
    canary: { ...crowded, refused: 0.1 },
  },
  'stable alone fails 20 %, all in waves': { stable: { ...healthy, errors: 0.2 }, waves: true },
  'stable alone fails 80 %, all in one bin': { stable: { ...crowded, errors: 0.8 }, canary: crowded },
  'stable alone is killed half-way': { later: { ...healthy, errors: 1 } },
  'stable alone is killed half-way, half of the bins filled': {
    stable: halved,
    later: { ...halved, errors: 1 },
    canary: halved,
  },
  'stable alone is killed half-way, all in one bin': {
    stable: crowded,
    later: { ...crowded, errors: 1 },
    canary: crowded,
  },
} as const satisfies { readonly [kind: string]: Setting }
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
  const setting: Setting = kinds[kind]
  const { stable = healthy, canary = healthy, later = stable } = setting
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
        const event = request({ stable: i < requests / 2 ? stable : later, canary }, weight, i >= 0.9 * requests)
        observe(event)
        for (const rule of others) rule.observe(event)
      }
    if (decided() === 'roll back') back.ours += 1
    for (const name of ['threshold95', 'threshold99', 'mannWhitney'] as const) if (peers[name].back()) back[name] += 1
  }
  return back
}
