/** Rollouts on real git and a target in memory, killed around every side effect and at seeded instants: run again, all must end as Git says, with no step applied twice. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { random } from '../../pipeline/random.ts'
import type { Bench } from '../benches.ts'
import { betweenChanges } from './life.ts'
import { type Job, plan, seeded } from './plan.ts'
import { runKilled, type Seen } from './rollout.ts'
import { scenarios } from './scenarios.ts'
import { makeTemplate, type Scene } from './scene.ts'

/** Rollouts at once: most of one is waiting for git. */
const lanes = 4

type Done = Job & Seen

export const instants: Bench = {
  describe:
    'rollouts killed around every side effect and at seeded instants, in process with real git: all end as Git says',
  async run({ quick, say, size = quick ? 15 : 1_000 }) {
    const dir = await mkdtemp(join(tmpdir(), 'mergeline-instants-'))
    const { TMPDIR: before } = process.env
    // What a kill leaves of git's own files goes with the rest.
    process.env['TMPDIR'] = dir
    try {
      const templates = await templatesIn(dir)
      const whole = await runAll(
        dir,
        templates,
        Object.keys(scenarios).map((scenario) => ({ scenario, kills: [] })),
        () => {},
      )
      const told = Object.fromEntries(whole.map(({ scenario, instants }) => [scenario, instants]))
      const around = plan(told, betweenChanges).filter((_, index) => !quick || index % 40 === 7)
      const next = random(11)
      let kills = 0
      const tell = ({ scenario, killed, wrong }: Done) => {
        kills += killed.length
        for (const what of wrong) say(`${scenario}, killed ${killed.join(', then ')}: ${what}`)
        if (kills % 100 < killed.length) say(`${kills} kills`)
      }
      const first = await runAll(dir, templates, around, tell)
      const second: Done[] = []
      const seededKills = () => second.reduce((sum, { killed }) => sum + killed.length, 0)
      while (seededKills() < size)
        second.push(...(await runAll(dir, templates, seeded(told, size - seededKills(), next), tell)))
      return report(whole, first, second)
    } finally {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
      await rm(dir, { recursive: true, force: true, maxRetries: 3 })
    }
  },
}

async function templatesIn(dir: string): Promise<(scenario: string) => Scene> {
  const made = new Map<string, Scene>()
  const keyOf = (scenario: string) => {
    const { promoted = [], deadlineMinutes = 0, strategy } = scenarios[scenario] ?? {}
    return `template-${promoted.join('-')}-${deadlineMinutes}-${strategy}`
  }
  for (const [name, scenario] of Object.entries(scenarios)) {
    const folder = join(dir, keyOf(name))
    if (made.has(folder)) continue
    await mkdir(folder)
    made.set(folder, await makeTemplate(folder, scenario))
  }
  return (scenario) => made.get(join(dir, keyOf(scenario))) as Scene
}

let folders = 0

async function runAll(
  dir: string,
  templates: (scenario: string) => Scene,
  jobs: readonly Job[],
  tell: (done: Done) => void,
): Promise<readonly Done[]> {
  const left = [...jobs]
  const done: Done[] = []
  const lane = async () => {
    for (let job = left.shift(); job; job = left.shift()) {
      const { scenario, kills } = job
      const found = scenarios[scenario]
      if (!found) throw new Error(`no scenario ${scenario}`)
      const one = { ...job, ...(await runKilled(found, templates(scenario), join(dir, `rollout-${++folders}`), kills)) }
      tell(one)
      done.push(one)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return done
}

function report(whole: readonly Done[], around: readonly Done[], atRandom: readonly Done[]) {
  const all = [...whole, ...around, ...atRandom]
  const count = (done: readonly Done[], act: string) =>
    done.flatMap(({ killed }) => killed).filter((what) => actOf(what) === act).length
  const acts = [...new Set(all.flatMap(({ killed }) => killed.map(actOf)))].sort()
  const killed = (done: readonly Done[]) => done.reduce((sum, one) => sum + one.killed.length, 0)
  const wrong = all.filter((one) => one.wrong.length > 0)
  const twice = atRandom.filter((one) => one.killed.length > 1).length
  return {
    title: `${killed(all)} kills in ${all.length} rollouts of ${whole.length} kinds: ${killed(around)} around every side effect, ${killed(atRandom)} at seeded instants`,
    rows: acts.map((act) => ({
      'killed beside': act,
      'around side effects': count(around, act),
      'at seeded instants': count(atRandom, act),
      'not as Git says': wrong.filter((one) => one.killed.some((what) => actOf(what) === act)).length,
    })),
    notes: [
      `Kinds: ${whole.map(({ scenario, instants }) => `${scenario} (${instants.length} instants, ${betweenChanges(instants).length} between changes)`).join('; ')}.`,
      `${twice} rollouts were killed more than once: again while they recovered, or in a later command.`,
      'After each: one entry and one end a release in Git, that release served and alone, no step gone back to, nothing left in the journal, no server that nobody knows, the registry never ahead of Git; the command run once more changes nothing.',
    ],
    ...(wrong.length === 0
      ? {}
      : {
          missed: wrong.map(
            (one) => `${one.scenario}, killed ${one.killed.join(', then ') || 'nowhere'}: ${one.wrong.join('; ')}`,
          ),
        }),
  }
}

const actOf = (instant: string) => instant.replace(/^(before|after) /, '')
