import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { git } from '../../pipeline/release/git.ts'
import { makeLife, newClock } from './life.ts'
import type { Command, Scenario } from './scenarios.ts'
import { bury, copyOf, type Scene } from './scene.ts'
import { wrongWith } from './wrong.ts'

/** A scenario that was killed: `instants`, what each was beside; `killed`, those of them at which somebody was. */
export type Seen = {
  readonly instants: readonly string[]
  readonly killed: readonly string[]
  readonly wrong: readonly string[]
}

// A kill costs a run, and on a slow machine a short deadline may cost one.
const runs = 8

/** Runs a scenario in a copy of its template, killed at the given instants; then once more, which must change nothing. */
export async function runKilled(
  scenario: Scenario,
  template: Scene,
  dir: string,
  kills: readonly number[],
): Promise<Seen> {
  // A whole one is looked at closely: it says where kills are worth their while.
  const clock = { ...newClock(kills), ...(kills.length === 0 ? { refs: () => refsIn(dir) } : {}) }
  const scene = await copyOf(template, dir, clock)
  try {
    const undone: string[] = []
    for (const command of scenario.commands) undone.push(...(await untilDone(scene, command)))
    const { length } = clock.seen
    const wrong = [...undone, ...(await wrongWith(scene, scenario))]
    if (wrong.length === 0) wrong.push(...(await again(scene, scenario)))
    return { instants: clock.seen.slice(0, length), killed: clock.killed, wrong }
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function untilDone(scene: Scene, command: Command): Promise<readonly string[]> {
  let said: string | undefined
  for (let run = 1; run <= runs; run += 1) {
    const life = makeLife(scene.clock)
    said = await life.run(() => command.run(scene, life))
    if (said === undefined) {
      await bury(scene)
      if (command.once) return []
    } else if (command.done.test(said)) return []
  }
  return [`not done after ${runs} runs: ${said}`]
}

/** The last command, run once more by somebody who does not know that it was done: nothing is written, nothing restarted. */
async function again(scene: Scene, scenario: Scenario): Promise<readonly string[]> {
  const state = async () =>
    JSON.stringify([await git(scene.origin, ['rev-parse', 'releases']), [...scene.here.world.running.keys()]])
  const before = await state()
  const last = scenario.commands.at(-1)
  const life = makeLife(newClock())
  const said = await last?.run(scene, life)
  const wrong = (await wrongWith(scene, scenario)).map((what) => `run once more: ${what}`)
  if (!last?.done.test(said ?? '')) wrong.push(`run once more, it says ${said}`)
  if ((await state()) !== before) wrong.push('run once more, it changed something')
  return wrong
}

/** The references of a scene's three repositories. */
async function refsIn(dir: string): Promise<string> {
  const refs: string[] = []
  for (const folder of ['origin.git/refs', 'here/.git/refs', 'there/.git/refs'])
    for (const entry of await readdir(join(dir, folder), { recursive: true, withFileTypes: true }))
      if (entry.isFile())
        refs.push(`${entry.parentPath}/${entry.name} ${await readFile(join(entry.parentPath, entry.name), 'utf8')}`)
  return refs.sort().join('')
}
