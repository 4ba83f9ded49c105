import { random, shuffled } from '../../../pipeline/random.ts'
import { readWorkflow } from '../runner/workflow.ts'
import type { World } from '../runner/world.ts'
import { type Middle, middles } from './middles.ts'

/** Where a job ends before its time: as a step begins, or in the middle of it. */
export type Case = {
  readonly file: string
  readonly job: string
  /** Its number, and how GitHub shows it. */
  readonly step: number
  readonly name: string
  /** Its place among all steps. */
  readonly at: number
  readonly how: 'killed' | 'cancelled'
  readonly middle?: Middle
}

/** Steps that a project without an image, and one with its own registry, do not come to; each has a condition. */
const never = {
  image: ['Log in to the registry', 'Say what is not attested'],
  none: ['Log in to the registry'],
}

/**
 * All cases, read off the workflow files on main in the order of their jobs and steps: `turns[0]` and `turns[1]` end every step as it begins, killed in one and cancelled in
 * the other, and `turns[2]` ends those that write anywhere in the middle.
 */
export async function casesIn({ github }: World, files: readonly string[], images: boolean) {
  const places: Omit<Case, 'how'>[] = []
  for (const file of files) {
    const { jobs } = await readWorkflow(github.origin, 'refs/heads/main', file)
    for (const { id: job, steps } of Object.values(jobs)) {
      if (job === 'image' && !images) continue
      for (const [step, { name, condition }] of steps.entries()) {
        const skipped = (images ? never.image : never.none).includes(name)
        if (!skipped) places.push({ file, job, step, name, at: places.length })
        else if (condition === '') throw new Error(`${file}: the step ${name} has no condition, and is not tried`)
      }
    }
  }
  const known = new Set(places.map(placeOf))
  const lost = [...Object.keys(middles), ...always].find((place) => !known.has(place))
  if (lost) throw new Error(`no workflow has the step ${lost}: what happens in the middle of it is not tried`)
  const hows = ['killed', 'cancelled'] as const
  const begins = (first: 0 | 1) => places.map((place) => ({ ...place, how: hows[(place.at + first) % 2] ?? 'killed' }))
  const within = places.flatMap((place) => (middles[placeOf(place)] ?? []).map((middle) => ({ ...place, middle })))
  const turns: readonly (readonly Case[])[] = [
    begins(0),
    begins(1),
    within.map((place, at) => ({ ...place, how: place.middle.how ?? hows[at % 2] ?? 'killed' })),
  ]
  return turns
}

const placeOf = ({ file, job, name }: Omit<Case, 'how'>) => `${file} ${job} ${name}`

/** Steps that have a case of their own in every sample; of the other jobs any step may stand for all. */
const always = [
  'staging.yml deploy Run ./actions/register',
  'staging.yml deploy Run ./actions/deploy',
  'production.yml deploy Run ./actions/deploy',
]

/** So many cases by seed: first one of each job, then any. */
export function sampleOf(cases: readonly Case[], size: number, seed: number): Case[] {
  const mixed = [...shuffled(cases.length, random(seed))].flatMap((at) => cases[at] ?? [])
  const firsts = new Map<string, Case>()
  for (const each of mixed) {
    const place = placeOf(each)
    const rollout = always.some((other) => other.startsWith(`${each.file} ${each.job} `))
    const group = rollout ? place : `${each.file} ${each.job}`
    if ((!rollout || always.includes(place)) && !firsts.has(group)) firsts.set(group, each)
  }
  const first = [...firsts.values()]
  const rest = mixed.filter((each) => !first.includes(each))
  return [...first, ...rest].slice(0, size).sort((a, b) => a.at - b.at || cases.indexOf(a) - cases.indexOf(b))
}

/** `staging.yml / deploy / Run ./actions/register: killed as it begins` */
export const nameOf = ({ file, job, name, how, middle }: Case) =>
  `${file} / ${job} / ${name.replace(/@[0-9a-f]{40}$/, '')}: ${how} ${middle ? middle.name : 'as it begins'}`
