import { join } from 'node:path'
import { dvcGet, hashIn } from '../data/dvc.ts'
import { InputError } from '../errors.ts'
import { rowChanges } from '../explore/changed-rows.ts'
import { type Comparison, changes, type TableChange } from '../explore/compare.ts'
import type { Exploration } from '../explore/exploration.ts'
import { explore, type Subject } from '../explore/explore.ts'
import { commitOf, git } from '../release/git.ts'
import { requireOnMain } from '../release/on-main.ts'
import { promotedRelease } from '../release/record.ts'
import type { Context } from './context.ts'

/** Which other data to look at: those of a commit, or the champion's, where production has one. */
export type Against = { readonly ref: string } | 'champion'

/**
 * Compares an exploration with that of the data which another commit names. Undefined without a champion; no tables where the data are the same. Returns the exploration as well, with
 * bins that hold both. Throws InputError where there is no such commit, it names no data, or they cannot be had or read; of the champion's, which nobody asked for by name, that is only
 * told.
 */
export async function exploreAgainst(
  context: Context,
  subject: Subject,
  known: { readonly data: string; readonly exploration: Exploration },
  against: Against,
): Promise<{ readonly comparison: Comparison; readonly exploration: Exploration } | undefined> {
  try {
    return await compareWith(context, subject, known, against)
  } catch (cause) {
    if (against !== 'champion' || !(cause instanceof InputError)) throw cause
    context.say(`explore: not compared with the champion's data: ${cause.message}`)
    return undefined
  }
}

async function compareWith(
  { root, progress }: Context,
  subject: Subject,
  { data, exploration }: { readonly data: string; readonly exploration: Exploration },
  against: Against,
): Promise<{ readonly comparison: Comparison; readonly exploration: Exploration } | undefined> {
  const found = await commitAndName(root, against)
  if (!found) return undefined
  const { commit, name } = found
  const pointer = await git(root, ['show', `${commit}:data.dvc`])
  const hash = hashIn(pointer, `data.dvc of commit ${commit.slice(0, 12)}`)
  if (hash === data) return { comparison: { against: name, data: hash, tables: [], before: exploration }, exploration }
  progress(`explore: fetching the data of ${name} …`)
  const place = await dvcGet(root, commit, pointer, join(root, '.mergeline', 'data-of'))
  const before = await explore(place, subject, progress, { with: exploration, partial: true })
  const now = within(before, exploration)
    ? exploration
    : await explore(root, subject, progress, { with: before, partial: false })
  progress('explore: rows by their key …')
  const tables: TableChange[] = []
  for (const table of changes(before, now)) {
    const file = subject.rawFiles[table.name]
    tables.push(table.path && file ? { ...table, byKey: await rowChanges(place, root, file) } : table)
  }
  return { comparison: { against: name, data: hash, tables, before }, exploration: now }
}

async function commitAndName(root: string, against: Against) {
  if (against !== 'champion') {
    const commit = await commitOf(root, against.ref)
    return {
      commit,
      name: against.ref === commit ? `commit ${commit.slice(0, 12)}` : `${against.ref} (${commit.slice(0, 12)})`,
    }
  }
  const release = await promotedRelease(root, 'production')
  if (!release) return null
  await requireOnMain(root, release.commit, 'explore, the champion')
  return { commit: release.commit, name: `the champion, of commit ${release.commit.slice(0, 12)}` }
}

/** Whether the bins of `now` hold all numbers of `before`. */
const within = (before: Exploration, now: Exploration): boolean =>
  before.tables.every(({ name, fields }) => {
    const table = now.tables.find((one) => one.name === name)
    return fields.every(({ name: field, numbers }) => {
      const own = table?.fields.find((one) => one.name === field)?.numbers
      return !numbers || !own || (numbers.min >= own.min && numbers.max <= own.max)
    })
  })
