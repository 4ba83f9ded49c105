import { detect, detectPairs } from './detection.ts'
import { falseRollbacks } from './false-rollbacks.ts'
import { judgeInputs } from './inputs.ts'
import { promotions } from './promotions.ts'
import { replays } from './replays.ts'

/** What a worker can be asked for; each is a function of its arguments alone, seeds `from` to `to` (exclusive). */
export const jobs = { detect, detectPairs, falseRollbacks, judgeInputs, promotions, replays } as const

export type Jobs = typeof jobs
