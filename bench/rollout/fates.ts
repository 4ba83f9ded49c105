import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fate } from './project.ts'

export const victims = ['deploy', 'gateway', 'stable', 'canary'] as const
export type Victim = (typeof victims)[number]
export type End = 'promoted' | 'rolled back' | 'none'

/** A rollout with a kill in it, and how it ended by Git. */
export type Killed = {
  readonly victim: Victim
  readonly model: Fate
  readonly afterMs: number
  /** Whether who was to be killed was there. */
  readonly there: boolean
  readonly end: End
  /** What Git gives as the reason. */
  readonly reason: string
  /** What is not as Git says. */
  readonly wrong: readonly string[]
}

/**
 * The ends that a rollout deserves. A kill of somebody else is not the model's fault: a good one is promoted, one whose predictions shift is taken back. A good canary whose own server was killed may
 * be either: on trial its requests failed, and nobody can know that it was not its model.
 */
export function deserves({ victim, model, there }: Pick<Killed, 'victim' | 'model' | 'there'>): readonly End[] {
  if (model === 'shifted') return ['rolled back']
  return victim === 'canary' && there ? ['promoted', 'rolled back'] : ['promoted']
}

/** Whether it ended otherwise than its model deserves. */
export const undeserved = (one: Killed): boolean => !deserves(one).includes(one.end)

/** A row for each kind: who was killed, and what model was on its way. */
export function rowsOf(killed: readonly Killed[]) {
  return victims.flatMap((victim) =>
    (['good', 'shifted'] as const).map((model) => {
      const of = killed.filter((one) => one.victim === victim && one.model === model)
      const count = (end: End) => of.filter((one) => one.end === end).length
      return {
        killed: victim,
        model,
        times: of.length,
        'was there': of.filter(({ there }) => there).length,
        deserves: deserves({ victim, model, there: true }).join(' or '),
        promoted: count('promoted'),
        'rolled back': count('rolled back'),
        otherwise: of.filter(undeserved).length,
        'not as Git says': of.filter(({ wrong }) => wrong.length > 0).length,
      }
    }),
  )
}

/**
 * Keeps what an end that is not deserved can be understood from, before the scratch project is gone: `<name>.json`, with Git's reason, its message and what both deploys said, and beside it the gateway's
 * events as `<name>.jsonl`. Returns the first one's path.
 */
export async function keepEvidence(
  folder: string,
  name: string,
  told: Killed & { readonly message: string; readonly said: readonly string[] },
  events: string,
): Promise<string> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, `${name}.json`)
  await writeFile(file, `${JSON.stringify({ ...told, deserves: deserves(told) }, null, 1)}\n`)
  // One that never came to its trial has none.
  await copyFile(events, join(folder, `${name}.jsonl`)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  return file
}
