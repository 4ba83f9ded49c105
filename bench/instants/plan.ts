/** A rollout of a scenario, and the instants of it, from 1, at which it is killed. */
export type Job = { readonly scenario: string; readonly kills: readonly number[] }

/** The instants of each scenario where nobody is killed. */
export type Told = { readonly [scenario: string]: readonly string[] }

/** One rollout for each of the chosen instants of each scenario. */
export function plan(told: Told, choose: (instants: readonly string[]) => readonly number[]): readonly Job[] {
  return Object.entries(told).flatMap(([scenario, instants]) =>
    choose(instants).map((kill) => ({ scenario, kills: [kill] })),
  )
}

/** Rollouts with at most so many kills at random instants: one of a scenario at any instant, then up to three more in what follows, most often soon: in the recovery. */
export function seeded(told: Told, kills: number, next: () => number): readonly Job[] {
  const names = Object.keys(told)
  const jobs: Job[] = []
  for (let left = kills; left > 0; ) {
    const scenario = names[Math.floor(next() * names.length)] ?? ''
    const { length } = told[scenario] ?? []
    const at = [1 + Math.floor(next() * length)]
    const more = Math.min(left - 1, Math.floor(next() * 4))
    for (let i = 0; i < more; i += 1) at.push((at.at(-1) ?? 0) + 1 + Math.floor(next() ** 2 * length))
    left -= at.length
    jobs.push({ scenario, kills: at })
  }
  return jobs
}
