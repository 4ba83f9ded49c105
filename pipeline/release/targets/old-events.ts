import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Of so many trials, the newest, the events are kept, and of none that had none for so long; README names both. */
export const keeps = { trials: 20, days: 90 }

const dayMs = 24 * 60 * 60_000
const ending = '.jsonl'

/**
 * Removes the events files in `folder` of trials that are old, but never that of `open`, the trial that is on. Each file goes at once and for good: killed anywhere, it is carried on by the next
 * command. What cannot be removed stays, and `log` is told. `now` in ms of the epoch.
 */
export async function removeOldEvents(
  folder: string,
  open: string | null,
  log: (line: string) => void,
  now: number = Date.now(),
): Promise<void> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(ending))
  const found = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name)
      return { file, open: name === `${open}${ending}`, at: (await stat(file).catch(() => null))?.mtimeMs ?? now }
    }),
  )
  const newestFirst = found.sort((a, b) => Number(b.open) - Number(a.open) || b.at - a.at)
  for (const [index, { file, open, at }] of newestFirst.entries()) {
    if (open || (index < keeps.trials && now - at <= keeps.days * dayMs)) continue
    await rm(file, { force: true }).catch((error: Error) =>
      log(`${file}, the events of an old trial, cannot be removed: ${error.message}`),
    )
  }
}
