import assert from 'node:assert/strict'
import { git } from '../../pipeline/release/git.ts'

/** The ledger's first-parent log, oldest first. */
export async function ledgerLog(bare: string): Promise<{ commit: string; trailers: Map<string, string[]> }[]> {
  const log = await git(bare, [
    'log',
    '--first-parent',
    '--reverse',
    '--format=%H%x00%(trailers:only,unfold)%x00',
    'releases',
  ])
  const parts = log.split('\0')
  const entries: { commit: string; trailers: Map<string, string[]> }[] = []
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const trailers = new Map<string, string[]>()
    for (const line of (parts[i + 1] ?? '').split('\n')) {
      const [, key, value] = /^Mergeline-(\w+): (.*)$/.exec(line) ?? []
      if (key && value) trailers.set(key, [...(trailers.get(key) ?? []), value])
    }
    entries.push({ commit: (parts[i] ?? '').trim(), trailers })
  }
  return entries
}

/** Throws unless at every commit of the ledger each environment has at most one release that is not promoted, reverted or superseded. */
export function assertOneRollout(entries: Awaited<ReturnType<typeof ledgerLog>>): void {
  const open = new Map<string, Set<string>>()
  for (const { commit, trailers } of entries) {
    const environment = trailers.get('Environment')?.[0] ?? ''
    const now = open.get(environment) ?? new Set()
    open.set(environment, now)
    for (const key of ['Promotes', 'Reverts', 'Supersedes'])
      for (const closed of trailers.get(key) ?? []) now.delete(closed)
    if (trailers.get('Entry')?.[0] === 'release') now.add(commit)
    assert.ok(now.size <= 1, `at ${commit} ${environment} has ${now.size} open releases`)
  }
}

/** How the request with this id ended, by every entry that says so. */
export function outcomesOf(entries: Awaited<ReturnType<typeof ledgerLog>>, id: string): string[] {
  const named = entries.filter(({ trailers }) => trailers.get('Request')?.includes(id)).map(({ commit }) => commit)
  return entries.flatMap(({ trailers }) =>
    (
      [
        ['Promotes', 'promoted'],
        ['Reverts', 'rolled back'],
        ['Supersedes', 'superseded'],
        ['Refuses', 'refused'],
      ] as const
    ).flatMap(([key, outcome]) => (trailers.get(key) ?? []).filter((of) => named.includes(of)).map(() => outcome)),
  )
}
