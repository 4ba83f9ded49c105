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

/** Data of another commit: what they are called, and DVC's pointer to them. `asked`: somebody named the commit, so that what is wrong with it is an error. */
export type Other = {
  readonly commit: string
  readonly name: string
  readonly pointer: string
  readonly data: string
  readonly asked: boolean
}

/**
 * Finds which data `against` names, without fetching them. Undefined without a champion. Throws InputError where there is no such commit or it names no data; of the champion's, which nobody
 * asked for by name, that is only told.
 */
export const otherData = (context: Context, against: Against): Promise<Other | undefined> =>
  elseTold(context, against !== 'champion', async () => {
    const found = await commitAndName(context.root, against)
    if (!found) return undefined
    const { commit } = found
    const pointer = await git(context.root, ['show', `${commit}:data.dvc`])
    const data = hashIn(pointer, `data.dvc of commit ${commit.slice(0, 12)}`)
    return { ...found, pointer, data, asked: against !== 'champion' }
  })

/**
 * Compares an exploration with that of `other`. No tables where the data are the same. Returns the exploration as well, with bins that hold both. Throws InputError where the data cannot be had
 * or read; of the champion's that is only told, and undefined is returned.
 */
export const exploreAgainst = (
  context: Context,
  subject: Subject,
  { data, exploration }: { readonly data: string; readonly exploration: Exploration },
  other: Other,
): Promise<{ readonly comparison: Comparison; readonly exploration: Exploration } | undefined> =>
  elseTold(context, other.asked, async () => {
    const { root, progress } = context
    const told = { against: other.name, data: other.data }
    if (other.data === data) return { comparison: { ...told, tables: [], before: exploration }, exploration }
    progress(`explore: fetching the data of ${other.name} …`)
    const place = await dvcGet(root, other.commit, other.pointer, join(root, '.mergeline', 'data-of'))
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
    return { comparison: { ...told, tables, before }, exploration: now }
  })

async function elseTold<T>({ say }: Context, asked: boolean, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (cause) {
    if (asked || !(cause instanceof InputError)) throw cause
    say(`explore: not compared with the champion's data: ${cause.message}`)
    return undefined
  }
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
  if (!release) return undefined
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
