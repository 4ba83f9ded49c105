import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Line } from '../../../pipeline/audit/line.ts'
import { type AuditLog, type LogOptions, openAuditLog } from '../../../serve/audit/log.ts'

export const noneMissed = { lost: 0, refused: 0 }
const forever = { bytes: Number.MAX_SAFE_INTEGER, ms: Number.MAX_SAFE_INTEGER }

/** A line with its fields. */
export type Written = Omit<Line, 'bytes'> & { readonly [field: string]: unknown }

/** A log in a folder of its own; `crash` leaves it as a process that was killed does, `open` goes on in it. */
export async function makeLog(more: Partial<LogOptions> = {}) {
  const home = await mkdtemp(join(tmpdir(), 'mergeline-audit-'))
  const folder = more.folder ?? join(home, 'log')
  const said: string[] = []
  const opened: AuditLog[] = []
  const made = {
    folder,
    said,
    open: async (other: Partial<LogOptions> = {}) => {
      rmSync(join(folder, 'lock'), { force: true })
      const log = await openAuditLog({
        folder,
        environment: 'test',
        durability: 'process',
        rotate: forever,
        keep: forever,
        log: (line) => said.push(line),
        ...more,
        ...other,
      })
      opened.push(log)
      return log
    },
    names: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.jsonl'))
        .sort(),
    file: (segment: number) => join(folder, `${String(segment).padStart(8, '0')}.jsonl`),
    /** Every line that is there, in order. */
    lines: () =>
      made.names().flatMap((name) =>
        readFileSync(join(folder, name), 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Written),
      ),
    [Symbol.asyncDispose]: async () => {
      for (const log of opened) await log.close()
      await rm(home, { recursive: true, force: true })
    },
  }
  return made
}

/** A prediction's line, as fields. */
export const prediction = (id: string) =>
  `"kind":"prediction","at":"${new Date().toISOString()}","id":"${id}","input":{"a":1},"output":2.5`

/** What the lines of a log are, in their order. */
export const kindsOf = (made: { lines(): readonly { readonly kind: string }[] }): readonly string[] =>
  made.lines().map(({ kind }) => kind)
