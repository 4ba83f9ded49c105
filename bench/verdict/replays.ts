import { createVerdict, judge, type VerdictPolicy } from '../../pipeline/release/verdict.ts'
import { endless, healthy, independent } from './traffic.ts'

/** Rollouts whose log, written as JSON lines and read again, is judged anew: how many verdicts are not the same bytes as the one that was read live. */
export function replays({ from, to }: { from: number; to: number }): { logs: number; different: number } {
  const policy: VerdictPolicy = { ...endless, steps: [0.1, 0.5], minRequests: 100 }
  let different = 0
  for (let seed = from; seed < to; seed++) {
    const { observe, read } = createVerdict(policy)
    const request = independent(seed + 5)
    // Healthy, failing, slow and shifted ones by turns.
    const faults = [{}, { errors: 0.2 }, { slow: 0.2 }, { moved: 0.8 }]
    const traffic = { stable: healthy, canary: { ...healthy, ...faults[seed % faults.length] } }
    const log: string[] = []
    let weight: number = policy.steps[0] ?? 0
    for (let i = 0; i < 3000; i++) {
      const event = request(traffic, weight)
      log.push(JSON.stringify(event))
      observe(event)
      // One who watches reads every now and then; how often must not show.
      if (i % (1 + (seed % 7)) === 0) weight = read(i).weight || weight
    }
    const live = JSON.stringify(read(3000))
    const again = JSON.stringify(
      judge(
        log.map((line) => JSON.parse(line)),
        policy,
        3000,
      ),
    )
    if (live !== again) different += 1
  }
  return { logs: to - from, different }
}
